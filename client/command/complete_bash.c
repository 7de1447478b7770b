/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"
#include "client/command/complete_shells.h"
#include "client/command/complete_words.h"

static const char head[] =
	"# bash completion for taskc(1), made from its table of commands.\n"
	"\n"
	"# What a command's words are, then its options, --NAME or --NAME=WHAT.\n"
	"_taskc_table()\n"
	"{\n"
	"\tcase $1 in\n";

static const char tail[] =
	"\tesac\n"
	"}\n"
	"\n"
	"# A task's number; where bash only shows a list, its description as well.\n"
	"_taskc_tasks()\n"
	"{\n"
	"\tlocal number text\n"
	"\ttaskc help --complete-tasks 2>/dev/null | while IFS=$'\\t' read -r number text; do\n"
	"\t\tcase $number in\n"
	"\t\t\"$1\"*) case ${COMP_TYPE:-9} in\n"
	"\t\t\t33 | 63 | 64) printf '%s  %s\\n' \"$number\" \"$text\" ;;\n"
	"\t\t\t*) printf '%s\\n' \"$number\" ;;\n"
	"\t\t\tesac ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"}\n"
	"\n"
	"# What a word may be, of which $2 is typed already.\n"
	"_taskc_words()\n"
	"{\n"
	"\tcase $1 in\n"
	"\tFILE) compgen -f -- \"$2\" ;;\n"
	"\tDIR) compgen -d -- \"$2\" ;;\n"
	"\tTASK) _taskc_tasks \"$2\" ;;\n"
	"\tCOMMAND) compgen -W \"$(_taskc_table commands)\" -- \"$2\" ;;\n"
	"\tREMOTE) compgen -W \"$(taskc help --complete-remotes 2>/dev/null)\" -- \"$2\" ;;\n"
	"\t*'|'*) compgen -W \"${1//|/ }\" -- \"$2\" ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"_taskc()\n"
	"{\n"
	"\tlocal IFS=$' \\t\\n' current=$2 command= waits= word known what i\n"
	"\tlocal -a common\n"
	"\tread -r -a common <<<\"$(_taskc_table every)\"\n"
	"\tknown=(\"${common[@]}\") what=COMMAND\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tword=${COMP_WORDS[i]}\n"
	"\t\tif [ \"$word\" = = ]; then\n"
	"\t\t\tcontinue\n"
	"\t\telif [ -n \"$waits\" ]; then\n"
	"\t\t\twaits=\n"
	"\t\telif [[ $word == --* ]]; then\n"
	"\t\t\tfor option in \"${known[@]}\"; do\n"
	"\t\t\t\t[[ $option == \"$word\"=* ]] && waits=${option#*=}\n"
	"\t\t\tdone\n"
	"\t\telif [ -z \"$command\" ]; then\n"
	"\t\t\tcommand=$word\n"
	"\t\t\tread -r -a known <<<\"$(_taskc_table \"$command\")\"\n"
	"\t\t\twhat=${known[0]}\n"
	"\t\t\tknown=(\"${known[@]:1}\" \"${common[@]}\")\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tif [ \"$current\" = = ]; then\n"
	"\t\tcurrent=\n"
	"\tfi\n"
	"\tif [ -z \"$waits\" ] && [[ $current == -* ]]; then\n"
	"\t\tmapfile -t COMPREPLY < <(compgen -W \"${known[*]%%=*}\" -- \"$current\")\n"
	"\t\treturn\n"
	"\tfi\n"
	"\twhat=${waits:-$what}\n"
	"\tcase $what in FILE | DIR) compopt -o filenames 2>/dev/null ;; esac\n"
	"\tmapfile -t COMPREPLY < <(_taskc_words \"$what\" \"$current\")\n"
	"}\n"
	"\n"
	"complete -F _taskc taskc\n";

static void add_options(struct ts_buf *to, const struct ts_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct ts_option *o = &options[i];
		if (o->help != NULL) {
			ts_buf_printf(to, " --%s%s%s", o->name, o->value != NULL ? "=" : "",
				      o->value != NULL ? o->value : "");
		}
	}
}

void complete_bash(struct ts_buf *to)
{
	ts_buf_add_str(to, head);
	ts_buf_add_str(to, "\tcommands) echo '");
	for (size_t i = 0; i < command_count; i++) {
		ts_buf_printf(to, "%s%s", i > 0 ? " " : "", commands[i]->name);
	}
	ts_buf_add_str(to, "' ;;\n\tevery) echo '");
	add_options(to, common_options, common_option_count);
	ts_buf_add_str(to, "' ;;\n");
	for (size_t i = 0; i < command_count; i++) {
		ts_buf_printf(to, "\t%s) echo '%s", commands[i]->name, complete_words(commands[i]));
		add_options(to, commands[i]->options, commands[i]->option_count);
		ts_buf_add_str(to, "' ;;\n");
	}
	ts_buf_add_str(to, tail);
}
