/* SPDX-License-Identifier: MIT */
/*
 * Records of numbers and strings: numbers as LEB128 (7 bits a byte, low ones first), strings with
 * their length before them. The reader never goes past its end; after the first failure it yields
 * zeros, and one check at the end says so.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/slice.h"

void ts_pack_number(struct ts_buf *b, uint64_t value);
/* Signed, small magnitudes short. */
void ts_pack_signed(struct ts_buf *b, int64_t value);
void ts_pack_string(struct ts_buf *b, struct ts_slice s);

struct ts_unpack {
	struct ts_slice rest;
	bool failed;
};

uint64_t ts_unpack_number(struct ts_unpack *u);
int64_t ts_unpack_signed(struct ts_unpack *u);
/* Borrows from what is unpacked. */
struct ts_slice ts_unpack_string(struct ts_unpack *u);
struct ts_slice ts_unpack_bytes(struct ts_unpack *u, size_t len);
uint8_t ts_unpack_byte(struct ts_unpack *u);
