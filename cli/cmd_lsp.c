/* sgrc lsp: a language server on standard input and output. Reads every message that has come
 * before it checks a text, so that fast typing is checked once. Never runs anything of a script. */
#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/lsp/lsp.h"
#include "k8s/codec.h"

enum {
    MESSAGE_MAX = 128 << 20,
    HEAP_MAX = 1 << 30,
    READ_BYTES = 1 << 16,
    HEADER_MAX = 1 << 13,
    METHOD_NOT_FOUND = -32601,
    PARSE_ERROR = -32700,
};

/* ---- messages ---- */

static bool send(const struct sgr_buf *body)
{
    struct sgr_buf out;
    struct sgr_error error = {0};
    sgr_buf_init(&out, (size_t)MESSAGE_MAX * 2);
    sgr_buf_printf(&out, "Content-Length: %zu\r\n\r\n", body->len);
    sgr_buf_add(&out, sgr_buf_str(body));
    bool ok = sgr_write_all(STDOUT_FILENO, sgr_buf_str(&out), &error);
    sgr_error_release(&error);
    sgr_buf_release(&out);
    return ok;
}

/* Where the body of the first message begins, and its length; false where it has not come yet. A
 * header without a length is answered with length 0 and skipped. */
static bool find_message(const struct sgr_buf *in, size_t *begin, size_t *length, bool *broken)
{
    const char *end = memmem(in->ptr, in->len, "\r\n\r\n", 4);
    *broken = end == NULL && in->len > HEADER_MAX;
    if (end == NULL) {
        return false;
    }
    const char *word = memmem(in->ptr, (size_t)(end - in->ptr), "Content-Length:", 15);
    *begin = (size_t)(end - in->ptr) + 4;
    *length = word != NULL ? strtoull(word + 15, NULL, 10) : 0;
    *broken = word == NULL || *length > MESSAGE_MAX;
    return !*broken && in->len - *begin >= *length;
}

static void drop(struct sgr_buf *in, size_t count)
{
    memmove(in->ptr, in->ptr + count, in->len - count);
    in->len -= count;
}

/* ---- what is asked ---- */

static const char capabilities[] =
    "\"textDocumentSync\":{\"openClose\":true,\"change\":1},\"documentFormattingProvider\":true,"
    "\"hoverProvider\":true,\"definitionProvider\":true,\"documentSymbolProvider\":true,"
    "\"completionProvider\":{},\"codeActionProvider\":{\"codeActionKinds\":[\"quickfix\"]}";

static bool offers_utf8(sgr_value params)
{
    sgr_value encodings = sgr_path(params, "capabilities/general/positionEncodings");
    for (size_t i = 0; encodings.tag == SGR_LIST && i < sgr_count_of(encodings); i++) {
        sgr_value encoding = sgr_item(encodings, i);
        if (encoding.tag == SGR_STRING && sgr_str_is(sgr_string_of(encoding), "utf-8")) {
            return true;
        }
    }
    return false;
}

static void initialize(struct sgr_lsp *lsp, sgr_value params, struct sgr_buf *out)
{
    lsp->utf8 = offers_utf8(params);
    sgr_buf_printf(out,
                   "{\"capabilities\":{\"positionEncoding\":\"%s\",%s},"
                   "\"serverInfo\":{\"name\":\"sgrc\",\"version\":\"" SGR_VERSION "\"}}",
                   lsp->utf8 ? "utf-8" : "utf-16", capabilities);
}

/* The result of a request about an open text; false where nothing here answers this method. */
static bool answer(struct sgr_lsp *lsp, sgr_str method, sgr_value params, struct sgr_buf *out)
{
    const struct sgr_lsp_text *text = sgr_lsp_find(lsp, sgr_path_str(params, "textDocument/uri"));
    if (text == NULL) {
        sgr_buf_cstr(out, "null"); /* of a text that was closed meanwhile */
        return true;
    }
    size_t at = sgr_lsp_offset(lsp, (sgr_str){text->text, text->len},
                               sgr_field(params, SGR_STR("position")));
    if (sgr_str_is(method, "textDocument/formatting")) {
        sgr_lsp_formatting(lsp, text, out);
    } else if (sgr_str_is(method, "textDocument/hover")) {
        sgr_lsp_hover(lsp, text, at, out);
    } else if (sgr_str_is(method, "textDocument/definition")) {
        sgr_lsp_definition(lsp, text, at, out);
    } else if (sgr_str_is(method, "textDocument/completion")) {
        sgr_lsp_completion(lsp, text, at, out);
    } else if (sgr_str_is(method, "textDocument/documentSymbol")) {
        sgr_lsp_symbols(lsp, text, out);
    } else if (sgr_str_is(method, "textDocument/codeAction")) {
        sgr_lsp_actions(lsp, text, sgr_field(params, SGR_STR("range")), out);
    } else {
        return false;
    }
    return true;
}

static void respond(struct sgr_lsp *lsp, sgr_value id, sgr_str method, sgr_value params)
{
    struct sgr_buf *out = &lsp->out;
    sgr_buf_clear(out);
    sgr_buf_cstr(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    (void)sgr_value_json(id, out);
    size_t rest = out->len;
    sgr_buf_cstr(out, ",\"result\":");
    bool known = true;
    if (sgr_str_is(method, "initialize")) {
        initialize(lsp, params, out);
    } else if (sgr_str_is(method, "shutdown")) {
        lsp->leaving = true;
        sgr_buf_cstr(out, "null");
    } else {
        known = sgr_str_starts_with(method, SGR_STR("textDocument/")) &&
                answer(lsp, method, params, out);
    }
    if (!known) {
        out->len = rest;
        sgr_buf_printf(out, ",\"error\":{\"code\":%d,\"message\":\"sgrc does not do this\"}",
                       METHOD_NOT_FOUND);
    }
    sgr_buf_byte(out, '}');
    (void)send(out);
}

/* ---- what is told ---- */

static void publish(struct sgr_lsp *lsp, sgr_str uri, const struct sgr_lsp_text *text)
{
    struct sgr_buf *out = &lsp->out;
    sgr_buf_clear(out);
    sgr_buf_cstr(out, "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/publishDiagnostics\","
                      "\"params\":{\"uri\":");
    sgr_buf_json(out, uri);
    sgr_buf_cstr(out, ",\"diagnostics\":");
    if (text != NULL) {
        sgr_lsp_diagnostics(lsp, text, out);
    } else {
        sgr_buf_cstr(out, "[]");
    }
    sgr_buf_cstr(out, "}}");
    (void)send(out);
}

/* What one text says may be wrong in another that imports it. */
static void mark_all(struct sgr_lsp *lsp)
{
    for (size_t i = 0; i < lsp->texts.len; i++) {
        lsp->texts.at[i].changed = true;
    }
}

static void take_note(struct sgr_lsp *lsp, sgr_str method, sgr_value params)
{
    sgr_value document = sgr_field(params, SGR_STR("textDocument"));
    sgr_str uri = sgr_path_str(document, "uri");
    if (sgr_str_is(method, "textDocument/didOpen")) {
        sgr_lsp_open(lsp, uri, sgr_path_str(document, "text"));
        mark_all(lsp);
    } else if (sgr_str_is(method, "textDocument/didChange")) {
        sgr_value changes = sgr_field(params, SGR_STR("contentChanges"));
        size_t count = changes.tag == SGR_LIST ? sgr_count_of(changes) : 0;
        if (count > 0) { /* each is the whole text */
            sgr_lsp_open(lsp, uri, sgr_path_str(sgr_item(changes, count - 1), "text"));
            mark_all(lsp);
        }
    } else if (sgr_str_is(method, "textDocument/didClose")) {
        sgr_lsp_close(lsp, uri);
        publish(lsp, uri, NULL);
        mark_all(lsp);
    }
}

static void publish_changed(struct sgr_lsp *lsp)
{
    for (size_t i = 0; i < lsp->texts.len; i++) {
        if (lsp->texts.at[i].changed) {
            lsp->texts.at[i].changed = false;
            publish(lsp, sgr_str_from(lsp->texts.at[i].uri), &lsp->texts.at[i]);
        }
    }
}

/* ---- the loop ---- */

/* Whether the server goes on. */
static bool take_message(struct sgr_lsp *lsp, sgr_str text)
{
    struct sgr_heap *heap = sgr_heap_new(HEAP_MAX);
    sgr_value message = sgr_absent();
    bool ok = sgr_json_read(heap, text, &message, NULL), leaves = false;
    sgr_str method = sgr_path_str(message, "method");
    sgr_value id = sgr_field(message, SGR_STR("id")),
              params = sgr_field(message, SGR_STR("params"));
    if (!ok) {
        sgr_buf_clear(&lsp->out);
        sgr_buf_printf(&lsp->out,
                       "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":%d,"
                       "\"message\":\"this is no JSON\"}}",
                       PARSE_ERROR);
        (void)send(&lsp->out);
    } else if (sgr_str_is(method, "exit")) {
        leaves = true;
    } else if (method.len > 0 && !sgr_is_absent(id)) {
        respond(lsp, id, method, params);
    } else {
        take_note(lsp, method, params);
    }
    sgr_heap_free(heap);
    return !leaves;
}

/* Takes the messages that have come whole; false where the server leaves. */
static bool take_messages(struct sgr_lsp *lsp, struct sgr_buf *in, bool *broken)
{
    size_t begin, length;
    while (find_message(in, &begin, &length, broken)) {
        if (!take_message(lsp, (sgr_str){in->ptr + begin, length})) {
            return false;
        }
        drop(in, begin + length);
    }
    return !*broken;
}

static bool more_has_come(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) > 0 && (input.revents & POLLIN) != 0;
}

static bool serve(struct sgr_lsp *lsp, struct sgr_buf *in)
{
    bool broken = false;
    for (;;) {
        if (!sgr_buf_reserve(in, READ_BYTES)) {
            return false;
        }
        ssize_t count = read(STDIN_FILENO, in->ptr + in->len, READ_BYTES);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return false;
        }
        in->len += (size_t)count;
        if (!take_messages(lsp, in, &broken)) {
            return !broken;
        }
        if (!more_has_come()) {
            publish_changed(lsp);
        }
    }
}

/* 0 after shutdown and exit, as the protocol wants; else 1. */
int sgr_cmd_lsp(const struct sgr_cli *cli)
{
    struct sgr_lsp lsp = {0};
    struct sgr_buf in;
    if (cli->files.len > 0) {
        return sgr_complain(1, "lsp takes no files: an editor starts it and speaks to it");
    }
    sgr_text_check_init(&lsp.check);
    lsp.check.read = sgr_lsp_read;
    lsp.check.read_self = &lsp;
    sgr_buf_init(&lsp.out, MESSAGE_MAX);
    sgr_buf_init(&in, (size_t)MESSAGE_MAX * 2);
    bool left = serve(&lsp, &in);
    while (lsp.texts.len > 0) {
        sgr_lsp_close(&lsp, sgr_str_from(lsp.texts.at[0].uri));
    }
    sgr_vec_release(&lsp.texts);
    sgr_text_check_release(&lsp.check);
    sgr_buf_release(&lsp.out);
    sgr_buf_release(&in);
    return left && lsp.leaving ? 0 : 1;
}
