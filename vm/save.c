/* The .sgb form: "SGRB", version, checksum of the rest, then the tables in a fixed order. Equal
 * programs give equal bytes. Loading trusts nothing: lengths are checked while reading, the rest by
 * the verifier. */
#include "vm/image.h"
#include "vm/wire.h"

static const char magic[4] = {'S', 'G', 'R', 'B'};
enum { VERSION = 2, HEADER = 4 + 2 + 32 };

static void save_function(const struct sgr_function *f, struct sgr_buf *out)
{
    struct sgr_place_row last = {0};
    sgr_write_str(out, f->name);
    sgr_write_number(out, f->params);
    sgr_write_number(out, f->captures);
    sgr_write_number(out, f->registers);
    sgr_write_number(out, f->count);
    for (uint32_t i = 0; i < f->count; i++) {
        sgr_buf_byte(out, (char)f->code[i].op);
        sgr_write_number(out, f->code[i].a);
        sgr_write_number(out, f->code[i].b);
        sgr_write_number(out, f->code[i].c);
    }
    sgr_write_number(out, f->place_count);
    for (uint32_t i = 0; i < f->place_count; i++) {
        struct sgr_place_row row = f->places[i];
        sgr_write_number(out, row.pc - last.pc);
        sgr_write_number(out, row.file);
        sgr_write_signed(out, (int64_t)row.line - last.line);
        sgr_write_number(out, row.column);
        last = row;
    }
}

static void save_tables(const struct sgr_program *p, struct sgr_buf *out)
{
    sgr_write_number(out, p->files.len);
    for (size_t i = 0; i < p->files.len; i++) {
        sgr_write_str(out, p->files.at[i]);
    }
    sgr_write_number(out, p->imports.len);
    for (size_t i = 0; i < p->imports.len; i++) {
        sgr_write_str(out, p->imports.at[i].name);
        sgr_write_str(out, p->imports.at[i].signature);
    }
    sgr_write_number(out, p->globals.len);
    for (size_t i = 0; i < p->globals.len; i++) {
        sgr_write_str(out, p->globals.at[i].name);
        sgr_write_number(out, p->globals.at[i].function);
    }
    sgr_write_number(out, p->params.len);
    for (size_t i = 0; i < p->params.len; i++) {
        const struct sgr_param_row *row = &p->params.at[i];
        sgr_write_str(out, row->name);
        sgr_write_str(out, row->type);
        sgr_write_str(out, row->doc);
        sgr_write_number(out, row->global);
        sgr_write_number(out, row->where);
    }
    sgr_write_number(out, p->exports.len);
    for (size_t i = 0; i < p->exports.len; i++) {
        sgr_write_str(out, p->exports.at[i].name);
        sgr_write_number(out, p->exports.at[i].is_global);
        sgr_write_number(out, p->exports.at[i].index);
    }
}

void sgr_program_save(const struct sgr_program *p, struct sgr_buf *out)
{
    struct sgr_buf body;
    char hex[SGR_SHA256_HEX];
    sgr_buf_init(&body, SIZE_MAX / 4);
    sgr_write_number(&body, p->constants.len);
    for (size_t i = 0; i < p->constants.len; i++) {
        sgr_write_value(&body, p->constants.at[i]);
    }
    save_tables(p, &body);
    sgr_write_number(&body, p->functions.len);
    for (size_t i = 0; i < p->functions.len; i++) {
        save_function(&p->functions.at[i], &body);
    }
    sgr_sha256_hex(sgr_buf_str(&body), hex);
    sgr_buf_bytes(out, magic, sizeof magic);
    sgr_buf_byte(out, VERSION & 0xff);
    sgr_buf_byte(out, VERSION >> 8);
    sgr_buf_bytes(out, hex, 32);
    sgr_buf_add(out, sgr_buf_str(&body));
    sgr_buf_release(&body);
}

/* ---- loading ---- */

static sgr_str kept(struct sgr_program *p, struct sgr_reader *reader)
{
    return sgr_arena_str(p->arena, sgr_read_str(reader));
}

static void load_function(struct sgr_program *p, struct sgr_reader *r)
{
    struct sgr_function f = {.name = kept(p, r)};
    f.params = (uint16_t)sgr_read_count(r, 1);
    uint64_t captures = sgr_read_number_wire(r);
    f.registers = sgr_read_u32(r);
    r->bad = r->bad || captures > UINT16_MAX || f.registers > SGR_REGISTERS_MAX;
    f.captures = (uint16_t)captures;
    f.count = (uint32_t)sgr_read_count(r, 4);
    f.code = SGR_NEW_ARRAY(p->arena, struct sgr_instruction, f.count);
    for (uint32_t i = 0; i < f.count && !r->bad; i++) {
        uint8_t op = r->at < r->end ? *r->at++ : 0xff;
        uint64_t a = sgr_read_number_wire(r), b = sgr_read_number_wire(r),
                 c = sgr_read_number_wire(r);
        r->bad = r->bad || a > UINT16_MAX || b > UINT16_MAX || c > UINT16_MAX;
        f.code[i] = (struct sgr_instruction){
            .op = op, .a = (uint16_t)a, .b = (uint16_t)b, .c = (uint16_t)c};
    }
    f.place_count = (uint32_t)sgr_read_count(r, 4);
    f.places = SGR_NEW_ARRAY(p->arena, struct sgr_place_row, f.place_count);
    struct sgr_place_row last = {0};
    for (uint32_t i = 0; i < f.place_count && !r->bad; i++) {
        last.pc += sgr_read_u32(r);
        last.file = sgr_read_u32(r);
        last.line = (uint32_t)((int64_t)last.line + sgr_read_signed(r));
        last.column = sgr_read_u32(r);
        r->bad = r->bad || last.file >= p->files.len;
        f.places[i] = last;
    }
    sgr_vec_push(&p->functions, f);
}

static bool bind(struct sgr_import *import, const struct sgr_builtin *builtins, size_t count,
                 struct sgr_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (sgr_str_is(import->name, builtins[i].name)) {
            import->builtin = &builtins[i];
            return sgr_str_is(import->signature, builtins[i].signature) ||
                   sgr_error_set(error,
                                 "the program was made for another `%.*s%.*s`; compile it again",
                                 SGR_FMT(import->name), SGR_FMT(import->signature));
        }
    }
    return sgr_error_set(
        error, "the program wants a function `%.*s` that this sgrc does not have; use a newer one",
        SGR_FMT(import->name));
}

static void load_tables(struct sgr_program *p, struct sgr_reader *r)
{
    for (size_t i = sgr_read_count(r, 1); i > 0 && !r->bad; i--) {
        sgr_vec_push(&p->files, kept(p, r));
    }
    for (size_t i = sgr_read_count(r, 2); i > 0 && !r->bad; i--) {
        sgr_str name = kept(p, r);
        sgr_vec_push(&p->imports, (struct sgr_import){name, kept(p, r), NULL});
    }
    for (size_t i = sgr_read_count(r, 2); i > 0 && !r->bad; i--) {
        sgr_str name = kept(p, r);
        sgr_vec_push(&p->globals, (struct sgr_global){name, sgr_read_u32(r)});
    }
    for (size_t i = sgr_read_count(r, 5); i > 0 && !r->bad; i--) {
        struct sgr_param_row row = {.name = kept(p, r)};
        row.type = kept(p, r);
        row.doc = kept(p, r);
        row.global = sgr_read_u32(r);
        row.where = sgr_read_u32(r);
        sgr_vec_push(&p->params, row);
    }
    for (size_t i = sgr_read_count(r, 3); i > 0 && !r->bad; i--) {
        struct sgr_export row = {.name = kept(p, r)};
        row.is_global = sgr_read_number_wire(r) != 0;
        row.index = sgr_read_u32(r);
        sgr_vec_push(&p->exports, row);
    }
}

static bool check_header(sgr_str bytes, struct sgr_error *error)
{
    char hex[SGR_SHA256_HEX];
    if (bytes.len < HEADER || memcmp(bytes.ptr, magic, sizeof magic) != 0) {
        return sgr_error_set(error, "this is no .sgb program");
    }
    unsigned version = (unsigned char)bytes.ptr[4] | (unsigned)(unsigned char)bytes.ptr[5] << 8;
    if (version != VERSION) {
        return sgr_error_set(
            error, "the program has format %u, this sgrc reads format %d; compile the script again",
            version, VERSION);
    }
    sgr_sha256_hex((sgr_str){bytes.ptr + HEADER, bytes.len - HEADER}, hex);
    return memcmp(hex, bytes.ptr + 6, 32) == 0 ||
           sgr_error_set(error, "the program is damaged: its checksum is wrong");
}

struct sgr_program *sgr_program_load(sgr_str bytes, const struct sgr_builtin *builtins,
                                     size_t builtin_count, struct sgr_error *error)
{
    if (!check_header(bytes, error)) {
        return NULL;
    }
    struct sgr_program *p = sgr_program_new();
    const unsigned char *start = (const unsigned char *)bytes.ptr;
    struct sgr_reader r = {.at = start + HEADER, .end = start + bytes.len};
    for (size_t i = sgr_read_count(&r, 1); i > 0 && !r.bad; i--) {
        sgr_vec_push(&p->constants, sgr_read_value(&r, p->heap, 0));
        uint32_t tag = p->constants.at[p->constants.len - 1].tag;
        r.bad = r.bad || tag == SGR_FUNCTION || tag == SGR_BUILDER;
    }
    load_tables(p, &r);
    for (size_t i = sgr_read_count(&r, 6); i > 0 && !r.bad; i--) {
        load_function(p, &r);
    }
    bool ok = !r.bad && r.at == r.end
                  ? true
                  : sgr_error_set(error, "the program is damaged: it ends in the middle");
    for (size_t i = 0; ok && i < p->imports.len; i++) {
        ok = bind(&p->imports.at[i], builtins, builtin_count, error);
    }
    ok = ok && sgr_program_verify(p, error);
    if (!ok) {
        sgr_program_unref(p);
        return NULL;
    }
    sgr_program_index(p);
    return p;
}
