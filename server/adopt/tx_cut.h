/* SPDX-License-Identifier: MIT */
/* One line of a tx.data: made clean, and cut into what is whole in it. */
#pragma once

#include "server/adopt/tx_reader.h"

/* Make *line clean; where that changes more than its ends, the clean one is in `to`. Gives what was
 * found (enum tx_mark). An append that failed shows in `to`. */
unsigned tx_clean(struct ts_slice *line, struct ts_buf *to);

struct tx_found {
	enum tx_kind kind;
	struct ts_slice text;
	struct ts_uuid key;
	const char *fault;
};
/* Cut the first piece off *rest, a clean line or what is left of one. */
struct tx_found tx_cut(struct ts_slice *rest);
