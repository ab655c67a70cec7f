/* Differences of objects and their way back. Must never name a field that did not change, and never
 * touch one that somebody else has changed since. */
#include "k8s/changes.h"

typedef SGR_VEC(sgr_value) values;

struct differ {
    struct sgr_heap *heap;
    values path;
    values found;
};

/* ---- what is the server's ---- */

static bool is_servers(size_t depth, sgr_str parent, sgr_str key)
{
    static const char *const top[] = {"status", "apiVersion", "kind"};
    static const char *const meta[] = {"managedFields",     "resourceVersion",           "uid",
                                       "generation",        "creationTimestamp",         "selfLink",
                                       "deletionTimestamp", "deletionGracePeriodSeconds"};
    for (size_t i = 0; depth == 0 && i < sizeof top / sizeof *top; i++) {
        if (sgr_str_is(key, top[i])) {
            return true;
        }
    }
    for (size_t i = 0;
         depth == 1 && sgr_str_is(parent, "metadata") && i < sizeof meta / sizeof *meta; i++) {
        if (sgr_str_is(key, meta[i])) {
            return true;
        }
    }
    return sgr_str_is(key, "deployment.kubernetes.io/revision");
}

sgr_value sgr_object_bare(struct sgr_heap *heap, sgr_value object)
{
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, heap);
    for (size_t i = 0; object.tag == SGR_RECORD && i < sgr_count_of(object); i++) {
        sgr_str key = sgr_key(object, i);
        sgr_value field = sgr_field_at(object, i);
        if (sgr_str_is(key, "status")) {
            continue;
        }
        if (sgr_str_is(key, "metadata") && field.tag == SGR_RECORD) {
            struct sgr_record_builder meta;
            sgr_record_begin(&meta, heap);
            for (size_t k = 0; k < sgr_count_of(field); k++) {
                if (!is_servers(1, key, sgr_key(field, k))) {
                    sgr_record_set(&meta, sgr_key(field, k), sgr_field_at(field, k));
                }
            }
            field = sgr_record_end(&meta);
        }
        sgr_record_set(&builder, key, field);
    }
    return sgr_record_end(&builder);
}

/* ---- lists whose items have names ---- */

/* The fields that tell items apart, most telling first; the second may be missing in an item. */
static const char *const names[][2] = {
    {"name", NULL},       {"containerPort", "protocol"},
    {"port", "protocol"}, {"mountPath", NULL},
    {"devicePath", NULL}, {"ip", NULL},
    {"type", NULL},       {"uid", NULL},
};

static sgr_value selector_of(struct sgr_heap *heap, sgr_value item, const char *const fields[2])
{
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, heap);
    for (size_t i = 0; i < 2 && fields[i] != NULL; i++) {
        sgr_record_set(&builder, sgr_str_from(fields[i]), sgr_field(item, sgr_str_from(fields[i])));
    }
    return sgr_record_end(&builder);
}

static bool selects(sgr_value selector, sgr_value item)
{
    if (item.tag != SGR_RECORD) {
        return false;
    }
    for (size_t i = 0; i < sgr_count_of(selector); i++) {
        sgr_value field = sgr_field(item, sgr_key(selector, i));
        if (sgr_is_absent(field) || !sgr_value_equal(field, sgr_field_at(selector, i))) {
            return false;
        }
    }
    return sgr_count_of(selector) > 0;
}

static size_t find_item(sgr_value list, sgr_value selector)
{
    for (size_t i = 0; list.tag == SGR_LIST && i < sgr_count_of(list); i++) {
        if (selects(selector, sgr_item(list, i))) {
            return i;
        }
    }
    return SIZE_MAX;
}

static bool are_told_apart(struct sgr_heap *heap, sgr_value list, const char *const fields[2])
{
    for (size_t i = 0; i < sgr_count_of(list); i++) {
        sgr_value item = sgr_item(list, i);
        sgr_value name = sgr_field(item, sgr_str_from(fields[0]));
        if (name.tag != SGR_STRING && name.tag != SGR_INT) {
            return false;
        }
        if (find_item(list, selector_of(heap, item, fields)) != i) {
            return false;
        }
    }
    return true;
}

/* How the items of both lists are told apart, or NULL: then the list is one value. */
static const char *const *names_of(struct sgr_heap *heap, sgr_value a, sgr_value b)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (are_told_apart(heap, a, names[i]) && are_told_apart(heap, b, names[i])) {
            return names[i];
        }
    }
    return NULL;
}

/* ---- differences ---- */

static void note(struct differ *differ, sgr_value old, sgr_value new, size_t at)
{
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, differ->heap);
    sgr_record_set(&builder, SGR_STR("path"),
                   sgr_list(differ->heap, differ->path.at, differ->path.len));
    sgr_record_set(&builder, SGR_STR("old"), old);
    sgr_record_set(&builder, SGR_STR("new"), new);
    if (at != SIZE_MAX) {
        sgr_record_set(&builder, SGR_STR("at"), sgr_int((int64_t)at));
    }
    sgr_vec_push(&differ->found, sgr_record_end(&builder));
}

static void compare(struct differ *differ, sgr_value before, sgr_value after, size_t at);

static void compare_records(struct differ *differ, sgr_value before, sgr_value after)
{
    size_t depth = differ->path.len;
    sgr_str parent = depth > 0 && differ->path.at[depth - 1].tag == SGR_STRING
                         ? sgr_string_of(differ->path.at[depth - 1])
                         : SGR_STR("");
    sgr_value sides[] = {before, after};
    for (size_t side = 0; side < 2; side++) {
        for (size_t i = 0; i < sgr_count_of(sides[side]); i++) {
            sgr_str key = sgr_key(sides[side], i);
            if (is_servers(depth, parent, key) ||
                (side == 1 && !sgr_is_absent(sgr_field(before, key)))) {
                continue;
            }
            sgr_vec_push(&differ->path, sgr_string(differ->heap, key));
            compare(differ, sgr_field(before, key), sgr_field(after, key), SIZE_MAX);
            differ->path.len--;
        }
    }
}

static void compare_items(struct differ *differ, sgr_value before, sgr_value after,
                          const char *const fields[2])
{
    sgr_value sides[] = {before, after};
    for (size_t side = 0; side < 2; side++) {
        for (size_t i = 0; i < sgr_count_of(sides[side]); i++) {
            sgr_value selector = selector_of(differ->heap, sgr_item(sides[side], i), fields);
            size_t in_before = find_item(before, selector), in_after = find_item(after, selector);
            if (side == 1 && in_before != SIZE_MAX) {
                continue;
            }
            sgr_vec_push(&differ->path, selector);
            compare(differ, in_before == SIZE_MAX ? sgr_absent() : sgr_item(before, in_before),
                    in_after == SIZE_MAX ? sgr_absent() : sgr_item(after, in_after), i);
            differ->path.len--;
        }
    }
}

static void compare(struct differ *differ, sgr_value before, sgr_value after, size_t at)
{
    if (before.tag == SGR_RECORD && after.tag == SGR_RECORD) {
        compare_records(differ, before, after);
        return;
    }
    bool both = !sgr_is_absent(before) && !sgr_is_absent(after);
    if (both && sgr_value_equal(before, after)) {
        return;
    }
    if (before.tag == SGR_LIST && after.tag == SGR_LIST) {
        const char *const *fields = names_of(differ->heap, before, after);
        if (fields != NULL && sgr_count_of(before) > 0 && sgr_count_of(after) > 0) {
            size_t count = differ->found.len;
            compare_items(differ, before, after, fields);
            if (differ->found.len > count) {
                return;
            } /* the same items in another order: one value after all */
        }
    }
    note(differ, before, after, both ? SIZE_MAX : at);
}

/* Whether the configuration says something about the path. */
static bool names_path(sgr_value config, sgr_value path)
{
    for (size_t i = 0; i < sgr_count_of(path); i++) {
        sgr_value step = sgr_item(path, i);
        if (step.tag == SGR_STRING) {
            config = sgr_field(config, sgr_string_of(step));
        } else {
            size_t at = find_item(config, step);
            config = at == SIZE_MAX ? sgr_absent() : sgr_item(config, at);
        }
        if (sgr_is_absent(config)) {
            return false;
        }
    }
    return true;
}

sgr_value sgr_changes(struct sgr_heap *heap, sgr_value before, sgr_value after, sgr_value config)
{
    struct differ differ = {.heap = heap};
    compare(&differ, before, after, SIZE_MAX);
    size_t kept = 0;
    for (size_t i = 0; i < differ.found.len; i++) {
        sgr_value change = differ.found.at[i];
        bool went = sgr_is_absent(sgr_field(change, SGR_STR("new")));
        if (config.tag != SGR_RECORD || went ||
            names_path(config, sgr_field(change, SGR_STR("path")))) {
            differ.found.at[kept++] = change;
        }
    }
    sgr_value list = sgr_list(heap, differ.found.at, kept);
    sgr_vec_release(&differ.found);
    sgr_vec_release(&differ.path);
    return list;
}

/* ---- two as one ---- */

/* Whether one path leads through the other. */
static bool leads_through(sgr_value a, sgr_value b)
{
    size_t count = sgr_count_of(a) < sgr_count_of(b) ? sgr_count_of(a) : sgr_count_of(b);
    for (size_t i = 0; i < count; i++) {
        if (!sgr_value_equal(sgr_item(a, i), sgr_item(b, i))) {
            return false;
        }
    }
    return true;
}

/* The change of `list` at this path: its index, or SIZE_MAX; `crossed` where paths overlap. */
static size_t change_at(sgr_value list, sgr_value path, bool *crossed)
{
    for (size_t i = 0; i < sgr_count_of(list); i++) {
        sgr_value other = sgr_field(sgr_item(list, i), SGR_STR("path"));
        if (sgr_value_equal(other, path)) {
            return i;
        }
        *crossed = *crossed || leads_through(other, path);
    }
    return SIZE_MAX;
}

sgr_value sgr_changes_merge(struct sgr_heap *heap, sgr_value older, sgr_value newer)
{
    values rows = {0};
    bool crossed = false;
    for (size_t i = 0; i < sgr_count_of(older); i++) {
        sgr_value row = sgr_item(older, i);
        size_t at = change_at(newer, sgr_field(row, SGR_STR("path")), &crossed);
        if (at != SIZE_MAX) {
            sgr_value now = sgr_field(sgr_item(newer, at), SGR_STR("new"));
            if (sgr_value_equal(now, sgr_field(row, SGR_STR("old")))) {
                continue; /* back where it was */
            }
            row = sgr_record_with(heap, row, SGR_STR("new"), now);
        }
        sgr_vec_push(&rows, row);
    }
    for (size_t i = 0; i < sgr_count_of(newer); i++) {
        sgr_value row = sgr_item(newer, i);
        if (change_at(older, sgr_field(row, SGR_STR("path")), &crossed) == SIZE_MAX) {
            sgr_vec_push(&rows, row);
        }
    }
    sgr_value merged = crossed ? sgr_absent() : sgr_list(heap, rows.at, rows.len);
    sgr_vec_release(&rows);
    return merged;
}

/* ---- the way back ---- */

static sgr_value value_at(sgr_value value, sgr_value path)
{
    for (size_t i = 0; i < sgr_count_of(path); i++) {
        sgr_value step = sgr_item(path, i);
        if (step.tag == SGR_STRING) {
            value = sgr_field(value, sgr_string_of(step));
        } else {
            size_t at = find_item(value, step);
            value = at == SIZE_MAX ? sgr_absent() : sgr_item(value, at);
        }
    }
    return value;
}

/* The list with the item replaced, taken out (ABSENT), or put in near where it was. */
static sgr_value list_with(struct sgr_heap *heap, sgr_value list, sgr_value selector,
                           sgr_value leaf, size_t at)
{
    values items = {0};
    size_t count = list.tag == SGR_LIST ? sgr_count_of(list) : 0, found = find_item(list, selector);
    for (size_t i = 0; i < count; i++) {
        if (found == SIZE_MAX && i == at && !sgr_is_absent(leaf)) {
            sgr_vec_push(&items, leaf);
        }
        if (i != found) {
            sgr_vec_push(&items, sgr_item(list, i));
        } else if (!sgr_is_absent(leaf)) {
            sgr_vec_push(&items, leaf);
        }
    }
    if (found == SIZE_MAX && at >= count && !sgr_is_absent(leaf)) {
        sgr_vec_push(&items, leaf);
    }
    sgr_value out = sgr_list(heap, items.at, items.len);
    sgr_vec_release(&items);
    return out;
}

static sgr_value with(struct sgr_heap *heap, sgr_value value, sgr_value path, size_t depth,
                      sgr_value leaf, size_t at)
{
    if (depth == sgr_count_of(path)) {
        return leaf;
    }
    sgr_value step = sgr_item(path, depth);
    if (step.tag == SGR_STRING) {
        sgr_value child =
            with(heap, sgr_field(value, sgr_string_of(step)), path, depth + 1, leaf, at);
        return sgr_record_with(heap, value, sgr_string_of(step), child);
    }
    size_t found = find_item(value, step);
    sgr_value item = found == SIZE_MAX ? sgr_absent() : sgr_item(value, found);
    return list_with(heap, value, step, with(heap, item, path, depth + 1, leaf, at), at);
}

static sgr_value path_text(struct sgr_heap *heap, sgr_value path)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 16);
    for (size_t i = 0; i < sgr_count_of(path); i++) {
        sgr_value step = sgr_item(path, i);
        if (step.tag == SGR_STRING) {
            sgr_buf_printf(&text, ".%.*s", SGR_FMT(sgr_string_of(step)));
        } else {
            sgr_buf_byte(&text, '[');
            sgr_value_print(sgr_field_at(step, 0), &text);
            sgr_buf_byte(&text, ']');
        }
    }
    sgr_value out = sgr_string(heap, sgr_buf_str(&text));
    sgr_buf_release(&text);
    return out;
}

static bool same(sgr_value a, sgr_value b)
{
    return sgr_is_absent(a) || sgr_is_absent(b) ? sgr_is_absent(a) && sgr_is_absent(b)
                                                : sgr_value_equal(a, b);
}

/* What is left of a record that was not there before once our fields are out: ABSENT where nothing
 * is. */
static sgr_value without_ours(struct sgr_heap *heap, sgr_value now, sgr_value ours)
{
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, heap);
    for (size_t i = 0; i < sgr_count_of(now); i++) {
        sgr_value field = sgr_field_at(now, i), our = sgr_field(ours, sgr_key(now, i));
        if (field.tag == SGR_RECORD && our.tag == SGR_RECORD) {
            field = without_ours(heap, field, our);
        } else if (same(field, our)) {
            continue;
        }
        sgr_record_set(&builder, sgr_key(now, i), field);
    }
    sgr_value out = sgr_record_end(&builder);
    return sgr_count_of(out) > 0 ? out : sgr_absent();
}

sgr_value sgr_changes_revert(struct sgr_heap *heap, sgr_value live, sgr_value changes,
                             sgr_value *left)
{
    values foreign = {0};
    for (size_t i = sgr_count_of(changes); i-- > 0;) {
        sgr_value change = sgr_item(changes, i);
        sgr_value path = sgr_field(change, SGR_STR("path"));
        sgr_value old = sgr_field(change, SGR_STR("old")), new = sgr_field(change, SGR_STR("new"));
        sgr_value now = value_at(live, path);
        if (same(now, old)) {
            continue;
        }
        if (sgr_is_absent(old) && now.tag == SGR_RECORD && new.tag == SGR_RECORD) {
            live = with(heap, live, path, 0, without_ours(heap, now, new), SIZE_MAX);
            continue;
        }
        if (!same(now, new)) {
            sgr_vec_push(&foreign, path_text(heap, path));
            continue;
        }
        live = with(heap, live, path, 0, old, (size_t)sgr_path_int(change, "at", INT64_MAX));
    }
    *left = sgr_list(heap, foreign.at, foreign.len);
    sgr_vec_release(&foreign);
    return live;
}

/* ---- patches ---- */

static bool patch_fields(sgr_value from, sgr_value to, const char *resource_version, size_t depth,
                         struct sgr_buf *out);

static void patch_key(struct sgr_buf *out, bool *any, sgr_str key)
{
    sgr_buf_cstr(out, *any ? "," : "");
    sgr_buf_json(out, key);
    sgr_buf_byte(out, ':');
    *any = true;
}

static bool patch_fields(sgr_value from, sgr_value to, const char *resource_version, size_t depth,
                         struct sgr_buf *out)
{
    bool any = false, differs = false;
    sgr_buf_byte(out, '{');
    for (size_t i = 0; from.tag == SGR_RECORD && i < sgr_count_of(from); i++) {
        if (sgr_is_absent(sgr_field(to, sgr_key(from, i)))) {
            patch_key(out, &any, sgr_key(from, i));
            sgr_buf_cstr(out, "null");
            differs = true;
        }
    }
    for (size_t i = 0; to.tag == SGR_RECORD && i < sgr_count_of(to); i++) {
        sgr_str key = sgr_key(to, i);
        sgr_value old = sgr_field(from, key), new = sgr_field_at(to, i);
        const char *version = depth == 0 && sgr_str_is(key, "metadata") ? resource_version : NULL;
        bool versioned =
            depth == 1 && resource_version != NULL && sgr_str_is(key, "resourceVersion");
        if (versioned || (version == NULL && same(old, new))) {
            continue;
        }
        patch_key(out, &any, key);
        if (new.tag == SGR_RECORD && old.tag == SGR_RECORD) {
            differs = patch_fields(old, new, version, depth + 1, out) || differs;
        } else {
            (void)sgr_value_json(new, out);
            differs = true;
        }
    }
    if (depth == 1 && resource_version != NULL) {
        patch_key(out, &any, SGR_STR("resourceVersion"));
        sgr_buf_json(out, sgr_str_from(resource_version));
    }
    sgr_buf_byte(out, '}');
    return differs;
}

bool sgr_changes_patch(sgr_value from, sgr_value to, const char *resource_version,
                       struct sgr_buf *out)
{
    return patch_fields(from, to, resource_version, 0, out);
}

/* ---- owners ---- */

static bool same_owner(sgr_value a, sgr_value b)
{
    static const char *const fields[] = {"manager", "operation", "apiVersion", "subresource"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!sgr_str_equal(sgr_path_str(a, fields[i]), sgr_path_str(b, fields[i]))) {
            return false;
        }
    }
    return true;
}

static sgr_value find_owner(sgr_value list, sgr_value entry)
{
    for (size_t i = 0; list.tag == SGR_LIST && i < sgr_count_of(list); i++) {
        if (same_owner(sgr_item(list, i), entry)) {
            return sgr_item(list, i);
        }
    }
    return sgr_absent();
}

static sgr_value fields_of_both(struct sgr_heap *heap, sgr_value a, sgr_value b)
{
    if (a.tag != SGR_RECORD || b.tag != SGR_RECORD) {
        return sgr_is_absent(a) ? b : a;
    }
    for (size_t i = 0; i < sgr_count_of(b); i++) {
        sgr_str key = sgr_key(b, i);
        a = sgr_record_with(heap, a, key,
                            fields_of_both(heap, sgr_field(a, key), sgr_field_at(b, i)));
    }
    return a;
}

sgr_value sgr_managed_restored(struct sgr_heap *heap, sgr_value before, sgr_value live,
                               sgr_str manager)
{
    values out = {0};
    for (size_t i = 0; live.tag == SGR_LIST && i < sgr_count_of(live); i++) {
        sgr_value entry = sgr_item(live, i), old = find_owner(before, entry);
        if (sgr_str_equal(sgr_path_str(entry, "manager"), manager)) {
            continue;
        }
        if (!sgr_is_absent(old) && sgr_path_str(entry, "subresource").len == 0) {
            entry = sgr_record_with(heap, entry, SGR_STR("fieldsV1"),
                                    fields_of_both(heap, sgr_field(entry, SGR_STR("fieldsV1")),
                                                   sgr_field(old, SGR_STR("fieldsV1"))));
        }
        sgr_vec_push(&out, entry);
    }
    for (size_t i = 0; before.tag == SGR_LIST && i < sgr_count_of(before); i++) {
        sgr_value entry = sgr_item(before, i);
        bool ours = sgr_str_equal(sgr_path_str(entry, "manager"), manager);
        bool status = sgr_path_str(entry, "subresource").len > 0;
        if (ours || (!status && sgr_is_absent(find_owner(live, entry)))) {
            sgr_vec_push(&out, entry);
        }
    }
    sgr_value list = sgr_list(heap, out.at, out.len);
    sgr_vec_release(&out);
    return list;
}
