/* SPDX-License-Identifier: MIT */
/*
 * The renewal of this machine's certificate over the protocol, before it ends (`cert.ahead`). The
 * key stays, so there is one file to be replaced, and at any moment it is the old one or the new
 * one. A server that doesn't do it is asked once a day.
 */
#pragma once

#include "client/sync/exchange.h"

/* Renew what is due, or pass over it: a remark says what came of it, where that is news. Only
 * TS_ECANCELED is a failure. */
int renewal_run(struct exchange *x, struct ts_error *err) TS_MUST_CHECK;
