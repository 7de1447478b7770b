/* SPDX-License-Identifier: MIT */
#include "client/exit.h"

/* What isn't here is a fault of this machine. */
static const struct {
	int code;
	enum exit_code exit;
} exits[] = {
	{TS_OK, EXIT_DONE},          {TS_ECONNECT, EXIT_CONNECT}, {TS_ETIMEOUT, EXIT_CONNECT},
	{TS_ECLOSED, EXIT_CONNECT},  {TS_ETLS, EXIT_CONNECT},     {TS_EACCESS, EXIT_CONNECT},
	{TS_EREFUSED, EXIT_REFUSED}, {TS_ELOCKED, EXIT_LOCKED},   {TS_EHISTORY, EXIT_HISTORY},
	{TS_EOLD, EXIT_OLD},         {TS_EUSAGE, EXIT_USAGE},
};

enum exit_code exit_of(int code)
{
	for (size_t i = 0; i < TS_COUNT_OF(exits); i++) {
		if (exits[i].code == code) {
			return exits[i].exit;
		}
	}
	return EXIT_LOCAL;
}
