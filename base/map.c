/* The insertion-ordered map: an array of entries and an open-addressing index over it. Never frees
 * or copies keys or values. */
#include "base/map.h"

#include <stdlib.h>

#include "base/err.h"

static const uint64_t seed = 0x9e3779b97f4a7c15ULL;

void sgr_map_release(struct sgr_map *map)
{
    free(map->entries);
    free(map->slots);
    *map = (struct sgr_map){0};
}

void sgr_map_clear(struct sgr_map *map)
{
    if (map->len > 0) {
        memset(map->slots, 0, map->slot_count * sizeof *map->slots);
    }
    map->len = 0;
}

static struct sgr_map_entry *find(const struct sgr_map *map, sgr_str key, uint64_t hash)
{
    if (map->slot_count == 0) {
        return NULL;
    }
    for (size_t at = hash & (map->slot_count - 1);; at = (at + 1) & (map->slot_count - 1)) {
        if (map->slots[at] == 0) {
            return NULL;
        }
        struct sgr_map_entry *entry = &map->entries[map->slots[at] - 1];
        if (entry->hash == hash && sgr_str_equal(entry->key, key)) {
            return entry;
        }
    }
}

void *sgr_map_get(const struct sgr_map *map, sgr_str key)
{
    struct sgr_map_entry *entry = find(map, key, sgr_str_hash(key, seed));
    return entry != NULL ? entry->value : NULL;
}

bool sgr_map_has(const struct sgr_map *map, sgr_str key)
{
    return find(map, key, sgr_str_hash(key, seed)) != NULL;
}

static void place(struct sgr_map *map, size_t index)
{
    size_t at = map->entries[index].hash & (map->slot_count - 1);
    while (map->slots[at] != 0) {
        at = (at + 1) & (map->slot_count - 1);
    }
    map->slots[at] = (uint32_t)(index + 1);
}

static void grow(struct sgr_map *map)
{
    map->cap = map->cap ? map->cap * 2 : 8;
    map->entries = sgr_realloc(map->entries, map->cap * sizeof *map->entries);
    free(map->slots);
    map->slot_count = map->cap * 2;
    map->slots = sgr_calloc(map->slot_count, sizeof *map->slots);
    for (size_t i = 0; i < map->len; i++) {
        place(map, i);
    }
}

void *sgr_map_set(struct sgr_map *map, sgr_str key, void *value)
{
    uint64_t hash = sgr_str_hash(key, seed);
    struct sgr_map_entry *entry = find(map, key, hash);
    if (entry != NULL) {
        void *before = entry->value;
        entry->value = value;
        return before;
    }
    if (map->len == map->cap) {
        grow(map);
    }
    map->entries[map->len] = (struct sgr_map_entry){key, value, hash};
    place(map, map->len++);
    return NULL;
}
