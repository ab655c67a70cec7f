/* An insertion-ordered map from string slices to pointers. Keys are borrowed: their bytes must live
 * as long as the map. Iterate with `for (size_t i = 0; i < map.len; i++) map.entries[i]`, which
 * gives insertion order always. Zero-initialised is empty. */
#ifndef SGR_BASE_MAP_H
#define SGR_BASE_MAP_H

#include <stdbool.h>

#include "base/str.h"

struct sgr_map_entry {
    sgr_str key;
    void *value;
    uint64_t hash;
};

struct sgr_map {
    struct sgr_map_entry *entries;
    size_t len;
    size_t cap;
    uint32_t *slots; /* index + 1 into entries; 0 is free */
    size_t slot_count;
};

void sgr_map_release(struct sgr_map *map);
/* Empty again, with the memory that it has. */
void sgr_map_clear(struct sgr_map *map);
/* The value, or NULL where the key is missing. */
void *sgr_map_get(const struct sgr_map *map, sgr_str key);
bool sgr_map_has(const struct sgr_map *map, sgr_str key);
/* Adds or replaces; returns the value that was there before, or NULL. */
void *sgr_map_set(struct sgr_map *map, sgr_str key, void *value);

#endif
