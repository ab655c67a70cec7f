/* What the API server's refusals mean: a Status object as a word and a sentence. Must never call
 * something done that may not be, nor undone that may be. */
#include "k8s/client.h"

enum { TEXT_MAX = 8192, CONFLICTS_MAX = 8, VALUE_MAX = 200 };

struct sgr_k8s_ref sgr_k8s_ref_of(sgr_value value)
{
    struct sgr_k8s_ref ref = {
        .api_version = sgr_path_str(value, "apiVersion"),
        .kind = sgr_path_str(value, "kind"),
        .namespace = sgr_path_str(value, "metadata/namespace"),
        .name = sgr_path_str(value, "metadata/name"),
    };
    if (ref.name.len == 0) {
        ref.name = sgr_path_str(value, "name");
    }
    if (ref.namespace.len == 0) {
        ref.namespace = sgr_path_str(value, "namespace");
    }
    return ref;
}

void sgr_k8s_ref_print(const struct sgr_k8s_ref *ref, struct sgr_buf *out)
{
    sgr_buf_printf(out, "%.*s", SGR_FMT(ref->kind));
    if (ref->name.len > 0) {
        sgr_buf_printf(out, " %.*s%s%.*s", SGR_FMT(ref->namespace), ref->namespace.len ? "/" : "",
                       SGR_FMT(ref->name));
    } else if (ref->namespace.len > 0) {
        sgr_buf_printf(out, " objects in %.*s", SGR_FMT(ref->namespace));
    }
}

/* conflict with "kubectl-edit" using apps/v1: the name between the quotes. */
static sgr_str manager_of(sgr_str message)
{
    const char *open = memchr(message.ptr, '"', message.len);
    if (open == NULL) {
        return message;
    }
    size_t from = (size_t)(open - message.ptr) + 1;
    const char *close = memchr(message.ptr + from, '"', message.len - from);
    return close == NULL ? message
                         : (sgr_str){message.ptr + from, (size_t)(close - message.ptr) - from};
}

static bool is_field_conflict(sgr_value answer)
{
    sgr_value causes = sgr_path(answer, "details/causes");
    for (size_t i = 0; causes.tag == SGR_LIST && i < sgr_count_of(causes); i++) {
        if (sgr_str_is(sgr_path_str(sgr_item(causes, i), "reason"), "FieldManagerConflict")) {
            return true;
        }
    }
    return false;
}

static void describe_conflict(sgr_value answer, struct sgr_buf *out, bool *only_own)
{
    sgr_value causes = sgr_path(answer, "details/causes");
    size_t shown = 0, count = sgr_count_of(causes);
    *only_own = true;
    for (size_t i = 0; i < count; i++) {
        sgr_value cause = sgr_item(causes, i);
        sgr_str manager = manager_of(sgr_path_str(cause, "message"));
        *only_own = *only_own && sgr_str_is(manager, SGR_K8S_MANAGER);
        if (shown++ < CONFLICTS_MAX) {
            sgr_buf_printf(out, "%s%.*s belongs to %.*s", i ? ", " : "",
                           SGR_FMT(sgr_path_str(cause, "field")), SGR_FMT(manager));
        }
    }
    if (shown > CONFLICTS_MAX) {
        sgr_buf_printf(out, " and %zu more", shown - CONFLICTS_MAX);
    }
    sgr_buf_cstr(out, "; --force-conflicts takes them over");
}

/* Server-side apply of an unknown field is a 500 without a reason on older servers. */
static bool is_schema_problem(sgr_str message)
{
    return memmem(message.ptr ? message.ptr : "", message.len, "field not declared in schema",
                  28) != NULL;
}

static const char *kind_of(int status, sgr_str reason, sgr_str message, bool write, bool conflict)
{
    if (status == 404) {
        return "missing";
    }
    if (status == 409) {
        return conflict ? "conflict" : sgr_str_is(reason, "AlreadyExists") ? "exists" : "stale";
    }
    if (status == 400 || status == 405 || status == 406 || status == 413 || status == 415 ||
        status == 422) {
        return "invalid";
    }
    if (status == 401) {
        return "unauthorized";
    }
    if (status == 403) {
        return "forbidden";
    }
    if (status == 410) {
        return "gone";
    }
    if (status >= 500 && is_schema_problem(message)) {
        return "invalid";
    }
    return status >= 500 && write ? "unknown" : "unavailable";
}

/* A server that refuses a body may answer with all of it: nobody reads that, and it may hold what
 * is nobody's business. */
static void add_message(struct sgr_buf *out, sgr_str message)
{
    static const char mark[] = "Invalid value: \"";
    const char *value = memmem(message.ptr, message.len, mark, sizeof mark - 1);
    size_t from = value != NULL ? (size_t)(value - message.ptr) + sizeof mark - 1 : message.len;
    size_t to = message.len;
    while (to > from + 1 && !(message.ptr[to - 1] == ':' && message.ptr[to - 2] == '"')) {
        to--;
    }
    if (to <= from + VALUE_MAX) {
        sgr_buf_add(out, (sgr_str){message.ptr, message.len > 4000 ? 4000 : message.len});
        return;
    }
    sgr_buf_add(out, (sgr_str){message.ptr, from});
    sgr_buf_cstr(out, "...\":");
    sgr_buf_add(out, (sgr_str){message.ptr + to, message.len - to});
}

void sgr_k8s_explain(struct sgr_arena *arena, const struct sgr_k8s_ref *ref, bool write, int status,
                     sgr_value answer, struct sgr_k8s_result *out)
{
    struct sgr_buf text;
    bool is_status = sgr_str_is(sgr_path_str(answer, "kind"), "Status");
    sgr_str reason = is_status ? sgr_path_str(answer, "reason") : SGR_STR("");
    sgr_str message = is_status ? sgr_path_str(answer, "message") : SGR_STR("");
    bool conflict = status == 409 && is_field_conflict(answer);
    sgr_buf_init(&text, TEXT_MAX);
    if (ref != NULL) {
        sgr_k8s_ref_print(ref, &text);
        sgr_buf_cstr(&text, ": ");
    }
    out->ok = false;
    out->status = status;
    out->only_own = false;
    out->kind = kind_of(status, reason, message, write, conflict);
    if (conflict) {
        describe_conflict(answer, &text, &out->only_own);
    } else if (status == 404 && (message.len == 0 || sgr_str_is(reason, "NotFound"))) {
        sgr_buf_cstr(&text, "it is not there");
    } else if (message.len > 0) {
        add_message(&text, message);
    } else {
        sgr_buf_printf(&text, "the API server answered %d", status);
    }
    if (status == 401) {
        sgr_buf_cstr(&text, " (the credentials of the kubeconfig are not accepted)");
    }
    if (sgr_str_is(sgr_str_from(out->kind), "unknown")) {
        sgr_buf_cstr(&text, " (it may have been done)");
    }
    out->text = sgr_arena_cstr(arena, sgr_buf_str(&text));
    sgr_buf_release(&text);
}
