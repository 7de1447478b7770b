/* SPDX-License-Identifier: MIT */
#include "server/backup/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

enum { BLOCK = 64 * 1024 };

/* libarchive says what went wrong as text, and mostly as errno. */
static int told(struct archive *a, int code, const char *what, struct ts_error *err)
{
	int number = archive_errno(a);
	const char *text = archive_error_string(a);
	if (number == ENOSPC || number == EDQUOT || number == ENOMEM) {
		return ts_fail_errno(err, number, "%s", what);
	}
	return ts_fail(err, code, "%s: %.200s.", what, text != NULL ? text : "unknown reason");
}

static int no_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory for an archive.");
}

/* Writing */

struct tar_out {
	struct archive *archive;
	struct archive_entry *entry;
};

int tar_out_new(int fd, struct tar_out **ret, struct ts_error *err)
{
	TS_CLEANUP(tar_out_free_p) struct tar_out *t = calloc(1, sizeof(*t));
	if (t == NULL) {
		return no_memory(err);
	}
	t->archive = archive_write_new();
	t->entry = archive_entry_new();
	if (t->archive == NULL || t->entry == NULL) {
		return no_memory(err);
	}
	/* GNU's form takes a name's bytes as they are, whatever the locale. */
	if (archive_write_set_format_gnutar(t->archive) != ARCHIVE_OK ||
	    archive_write_open_fd(t->archive, fd) != ARCHIVE_OK) {
		return told(t->archive, TS_EIO, "Can't begin an archive", err);
	}
	*ret = TS_TAKE(t);
	return TS_OK;
}

int tar_out_add(struct tar_out *t, const char *name, mode_t mode, int64_t modified,
		struct ts_slice data, struct ts_error *err)
{
	archive_entry_clear(t->entry);
	archive_entry_set_pathname(t->entry, name);
	archive_entry_set_filetype(t->entry, AE_IFREG);
	archive_entry_set_perm(t->entry, mode);
	archive_entry_set_size(t->entry, (int64_t)data.len);
	archive_entry_set_mtime(t->entry, modified, 0);
	if (archive_write_header(t->archive, t->entry) != ARCHIVE_OK ||
	    archive_write_data(t->archive, data.data, data.len) != (ssize_t)data.len) {
		return told(t->archive, TS_EIO, "Can't write the archive", err);
	}
	return TS_OK;
}

int tar_out_finish(struct tar_out *t, struct ts_error *err)
{
	return archive_write_close(t->archive) == ARCHIVE_OK
		       ? TS_OK
		       : told(t->archive, TS_EIO, "Can't finish the archive", err);
}

void tar_out_free(struct tar_out *t)
{
	if (t == NULL) {
		return;
	}
	archive_entry_free(t->entry);
	if (t->archive != NULL) {
		(void)archive_write_fail(t->archive); /* closing would write an end */
		(void)archive_write_free(t->archive);
	}
	free(t);
}

/* Reading */

struct tar_in {
	struct archive *archive;
};

int tar_in_new(int fd, struct tar_in **ret, struct ts_error *err)
{
	TS_CLEANUP(tar_in_free_p) struct tar_in *t = calloc(1, sizeof(*t));
	if (t == NULL) {
		return no_memory(err);
	}
	t->archive = archive_read_new();
	if (t->archive == NULL) {
		return no_memory(err);
	}
	(void)archive_read_support_format_tar(t->archive);
	(void)archive_read_support_filter_gzip(t->archive);
	(void)archive_read_support_filter_xz(t->archive);
	(void)archive_read_support_filter_zstd(t->archive);
	if (archive_read_open_fd(t->archive, fd, BLOCK) != ARCHIVE_OK) {
		return told(t->archive, TS_EMALF, "This is no back-up", err);
	}
	*ret = TS_TAKE(t);
	return TS_OK;
}

int tar_in_next(struct tar_in *t, struct tar_entry *ret, struct ts_error *err)
{
	struct archive_entry *entry;
	int rc = archive_read_next_header(t->archive, &entry);
	if (rc == ARCHIVE_EOF) {
		return TS_ENOTFOUND;
	}
	if (rc != ARCHIVE_OK) {
		return told(t->archive, TS_EMALF, "The archive can't be read", err);
	}
	const char *name = archive_entry_pathname(entry);
	*ret = (struct tar_entry){
		.name = name != NULL ? name : "",
		.mode = archive_entry_perm(entry),
		.regular = archive_entry_filetype(entry) == AE_IFREG &&
			   archive_entry_hardlink(entry) == NULL,
	};
	return TS_OK;
}

int tar_in_read(struct tar_in *t, void *to, size_t len, size_t *ret_got, struct ts_error *err)
{
	ssize_t n = archive_read_data(t->archive, to, len);
	if (n < 0) {
		return told(t->archive, TS_EMALF, "The archive can't be read", err);
	}
	*ret_got = (size_t)n;
	return TS_OK;
}

void tar_in_free(struct tar_in *t)
{
	if (t != NULL) {
		(void)archive_read_free(t->archive);
		free(t);
	}
}
