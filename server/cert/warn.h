/* SPDX-License-Identifier: MIT */
/* Telling the people of a certificate's end where they look: in the answer to a sync. */
#pragma once

#include "server/request/request.h"

/* Add a sentence to the answer where the device's certificate ends soon: once for each stage of
 * ends.h, and always on its last day. */
void cert_warn(struct request *r);
