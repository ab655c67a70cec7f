/* Records: literals, entries of blocks, and the writer that both use. Chooses between one RECORD
 * over registers and a builder; the result is the same. */
#include "compiler/gen_private.h"

void sgr_gen_record_begin(struct sgr_gen_record *record, struct sgr_gen_fn *f, bool building)
{
    *record = (struct sgr_gen_record){.f = f, .building = building, .base = f->top};
    if (building) {
        record->base = sgr_gen_reg(f);
        SGR_EMIT(f, BUILD_RECORD, record->base, 0, 0);
    }
}

unsigned sgr_gen_record_slot(struct sgr_gen_record *record)
{
    return sgr_gen_reg(record->f);
}

void sgr_gen_record_put(struct sgr_gen_record *record, sgr_str key, unsigned slot)
{
    struct sgr_gen_fn *f = record->f;
    if (record->building) {
        unsigned name = sgr_gen_reg(f);
        sgr_gen_load_str(f, name, key);
        SGR_EMIT(f, BUILD_SET, record->base, name, slot);
        f->top = slot;
        return;
    }
    for (size_t i = 0; i < record->keys.len; i++) {
        if (sgr_str_equal(record->keys.at[i], key)) {
            sgr_gen_move(f, record->base + (unsigned)i, slot);
            f->top = slot;
            return;
        }
    }
    sgr_vec_push(&record->keys, key);
    f->top = slot + 1;
}

void sgr_gen_record_text(struct sgr_gen_record *record, const char *key, sgr_str text)
{
    unsigned slot = sgr_gen_record_slot(record);
    sgr_gen_load_str(record->f, slot, text);
    sgr_gen_record_put(record, sgr_str_from(key), slot);
}

void sgr_gen_record_expr(struct sgr_gen_record *record, sgr_str key, const struct sgr_expr *expr)
{
    unsigned slot = sgr_gen_record_slot(record);
    sgr_gen_expr(record->f, expr, slot);
    sgr_gen_record_put(record, key, slot);
}

/* Writes what was put through registers into a builder, where a shape would not fit an operand. */
static void rebuild(struct sgr_gen_record *record, unsigned dst)
{
    struct sgr_gen_fn *f = record->f;
    unsigned builder = sgr_gen_regs(f, 2);
    SGR_EMIT(f, BUILD_RECORD, builder, 0, 0);
    for (size_t i = 0; i < record->keys.len; i++) {
        sgr_gen_load_str(f, builder + 1, record->keys.at[i]);
        SGR_EMIT(f, BUILD_SET, builder, builder + 1, record->base + (unsigned)i);
    }
    SGR_EMIT(f, BUILD_END, dst, builder, 0);
}

void sgr_gen_record_end(struct sgr_gen_record *record, unsigned dst)
{
    struct sgr_gen_fn *f = record->f;
    if (record->building) {
        SGR_EMIT(f, BUILD_END, dst, record->base, 0);
    } else if (record->keys.len == 0) {
        unsigned builder = sgr_gen_reg(f);
        SGR_EMIT(f, BUILD_RECORD, builder, 0, 0);
        SGR_EMIT(f, BUILD_END, dst, builder, 0);
    } else {
        uint32_t shape = sgr_builder_shape(f->gen->builder, record->keys.at, record->keys.len);
        if (shape <= SGR_GEN_WIDE) {
            SGR_EMIT(f, RECORD, dst, record->base, shape);
        } else {
            rebuild(record, dst);
        }
    }
    f->top = record->base;
    sgr_vec_release(&record->keys);
}

bool sgr_gen_plain_key(const struct sgr_entry *entry, sgr_str *key)
{
    *key = entry->key.text;
    if (entry->key_expr == NULL) {
        return true;
    }
    const struct sgr_string *string = &entry->key_expr->u.string;
    if (entry->key_expr->kind != SGR_EXPR_STRING || string->count > 1 ||
        (string->count == 1 && string->parts[0].expr != NULL)) {
        return false;
    }
    *key = string->count == 0 ? SGR_STR("") : string->parts[0].text;
    return true;
}

bool sgr_gen_block_is_plain(const struct sgr_block *block)
{
    if (block->count > SGR_GEN_WINDOW_MAX) {
        return false;
    }
    for (size_t i = 0; i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        sgr_str key;
        if (entry->kind == SGR_ENTRY_IF || entry->kind == SGR_ENTRY_FOR ||
            !sgr_gen_plain_key(entry, &key)) {
            return false;
        }
    }
    return true;
}

static void put_attribute(struct sgr_gen_record *record, const struct sgr_entry *entry)
{
    struct sgr_gen_fn *f = record->f;
    unsigned slot = sgr_gen_record_slot(record);
    sgr_gen_place(f, entry->span);
    if (entry->kind == SGR_ENTRY_BLOCK) {
        sgr_gen_record_literal(f, entry->block, slot);
    } else if (record->promql && sgr_str_is(entry->key.text, "promql")) {
        sgr_gen_promql(f, entry->value, slot);
    } else {
        sgr_gen_expr(f, entry->value, slot);
    }
    sgr_str key;
    if (sgr_gen_plain_key(entry, &key)) {
        sgr_gen_record_put(record, key, slot);
        return;
    }
    unsigned name = sgr_gen_reg(f);
    sgr_gen_expr(f, entry->key_expr, name);
    SGR_EMIT(f, BUILD_SET, record->base, name, slot);
    f->top = slot;
}

static void put_if(struct sgr_gen_record *record, const struct sgr_entry *entry)
{
    struct sgr_gen_fn *f = record->f;
    unsigned mark = f->top;
    size_t no = sgr_gen_unless(f, entry->value);
    f->top = mark;
    sgr_gen_record_entries(record, entry->block);
    if (entry->otherwise != NULL) {
        size_t over = sgr_gen_jump(f, SGR_OPCODE(JUMP), 0);
        sgr_gen_land(f, no);
        sgr_gen_record_entries(record, entry->otherwise);
        sgr_gen_land(f, over);
    } else {
        sgr_gen_land(f, no);
    }
}

void sgr_gen_record_entries(struct sgr_gen_record *record, const struct sgr_block *block)
{
    for (size_t i = 0; block != NULL && i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        if (entry->kind == SGR_ENTRY_ATTR || entry->kind == SGR_ENTRY_BLOCK) {
            put_attribute(record, entry);
        } else if (entry->kind == SGR_ENTRY_IF) {
            put_if(record, entry);
        } else if (entry->kind == SGR_ENTRY_FOR) {
            struct sgr_gen_loop loop = sgr_gen_loop_begin(record->f, entry->value, entry->loop);
            sgr_gen_record_entries(record, entry->block);
            sgr_gen_loop_end(record->f, &loop);
        }
    }
}

void sgr_gen_record_literal(struct sgr_gen_fn *f, const struct sgr_block *block, unsigned dst)
{
    sgr_value value;
    if (sgr_gen_constant_block(f->gen, block, &value)) {
        sgr_gen_load(f, dst, value);
        return;
    }
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, !sgr_gen_block_is_plain(block));
    sgr_gen_record_entries(&record, block);
    sgr_gen_record_end(&record, dst);
}
