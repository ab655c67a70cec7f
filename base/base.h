/* The door of base/: what every other room stands on. libc only. */
#ifndef SGR_BASE_BASE_H
#define SGR_BASE_BASE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/sha256.h"
#include "base/str.h"
#include "base/vec.h"

#endif
