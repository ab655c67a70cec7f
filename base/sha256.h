/* SHA-256 (FIPS 180-4): names of programs and of configurations, never a secret's guard. */
#ifndef SGR_BASE_SHA256_H
#define SGR_BASE_SHA256_H

#include "base/str.h"

enum { SGR_SHA256_HEX = 65 };

/* 64 lower-case hex digits and a NUL. */
void sgr_sha256_hex(sgr_str bytes, char hex[SGR_SHA256_HEX]);
/* The same without instructions that not every processor has, for comparison. */
void sgr_sha256_hex_portable(sgr_str bytes, char hex[SGR_SHA256_HEX]);

#endif
