/* Effects that change objects, and their undoing. A write is: look, remember durably what is there,
 * write with what was seen as precondition, compare. Must never write what it has not looked at,
 * never resend a write whose outcome is unknown without looking, and never undo what somebody else
 * has changed since. */
#include "k8s/changes.h"
#include "k8s/cluster_private.h"

/* A write is given up well before a lease that was fresh when it began has run out. */
enum { LOCK_POLL_MS = 500, WRITE_BUDGET_MS = 7000 };

static void look(void *context);
static void write_it(void *context);

/* ---- what undoing needs ---- */

/* Secrets are never remembered: neither the record nor a snapshot may hold them. */
static sgr_value without_secrets(struct sgr_heap *heap, sgr_value object)
{
    if (sgr_str_is(sgr_path_str(object, "kind"), "Secret")) {
        object = sgr_record_with(heap, object, SGR_STR("data"), sgr_absent());
        object = sgr_record_with(heap, object, SGR_STR("stringData"), sgr_absent());
    }
    return object;
}

static sgr_value memory_of(struct sgr_heap *heap, sgr_value object)
{
    if (object.tag != SGR_RECORD) {
        return sgr_absent();
    }
    object = without_secrets(heap, object);
    return sgr_record_with(heap, object, SGR_STR("status"), sgr_absent());
}

static sgr_value ref_value(struct sgr_task *op)
{
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, op->heap);
    sgr_record_set(&builder, SGR_STR("apiVersion"), sgr_string(op->heap, op->ref.api_version));
    sgr_record_set(&builder, SGR_STR("kind"), sgr_string(op->heap, op->ref.kind));
    sgr_record_set(&builder, SGR_STR("namespace"), sgr_string(op->heap, op->ref.namespace));
    sgr_record_set(&builder, SGR_STR("name"), sgr_string(op->heap, op->ref.name));
    return sgr_record_end(&builder);
}

/* { ref, existed, uid, changes, managed } or, for a delete, { ref, existed, object }; ABSENT where
 * the write changed nothing. */
static sgr_value replaced_by(struct sgr_task *op, sgr_value after)
{
    struct sgr_heap *heap = op->heap;
    struct sgr_record_builder builder;
    bool existed = op->before.tag == SGR_RECORD;
    sgr_record_begin(&builder, heap);
    sgr_record_set(&builder, SGR_STR("ref"), ref_value(op));
    sgr_record_set(&builder, SGR_STR("existed"), sgr_bool(existed));
    if (op->kind == SGR_EFFECT_DELETE) {
        sgr_record_set(&builder, SGR_STR("object"),
                       sgr_object_bare(heap, memory_of(heap, op->before)));
        return sgr_record_end(&builder);
    }
    sgr_record_set(&builder, SGR_STR("uid"), sgr_path(after, "metadata/uid"));
    if (!existed) {
        return sgr_record_end(&builder);
    }
    sgr_value config = op->kind == SGR_EFFECT_APPLY ? op->args[0] : op->args[1];
    sgr_value changes = sgr_changes(heap, memory_of(heap, op->before), memory_of(heap, after),
                                    op->in_doubt || op->maybe_done ? config : sgr_absent());
    sgr_value managed = sgr_path(op->before, "metadata/managedFields");
    bool owners_same = sgr_value_equal(managed, sgr_path(after, "metadata/managedFields"));
    sgr_record_set(&builder, SGR_STR("changes"), changes);
    if (sgr_str_is(op->ref.kind, "ConfigMap")) { /* pods of the old version need it */
        sgr_record_set(&builder, SGR_STR("whole"), sgr_object_bare(heap, op->before));
    }
    sgr_record_set(&builder, SGR_STR("managed"), managed);
    sgr_value replaced = sgr_record_end(&builder);
    return sgr_count_of(changes) == 0 && owners_same ? sgr_absent() : replaced;
}

static void written(struct sgr_task *op, sgr_value value, sgr_value after)
{
    if (!op->cluster->looking) {
        op->replaced = replaced_by(op, after);
        if (op->kind == SGR_EFFECT_DELETE) {
            sgr_watch_gone(op->cluster->watches, &op->ref,
                           sgr_path_str(op->before, "metadata/uid"));
        } else {
            sgr_watch_put(op->cluster->watches, after);
        }
    }
    sgr_task_answer(op, value);
}

/* Whether we have written to the object. */
static bool was_made_by_us(sgr_value live)
{
    sgr_value managed = sgr_path(live, "metadata/managedFields");
    for (size_t i = 0; managed.tag == SGR_LIST && i < sgr_count_of(managed); i++) {
        if (sgr_str_is(sgr_path_str(sgr_item(managed, i), "manager"), SGR_K8S_MANAGER)) {
            return true;
        }
    }
    return false;
}

/* ---- look ---- */

static void intend(struct sgr_task *op)
{
    struct sgr_record_builder builder;
    if (op->cluster->looking) {
        write_it(op);
        return;
    }
    if (op->has_before) { /* no intent is written again, so the fence is looked at */
        sgr_fence_look(op, write_it);
        return;
    }
    if (sgr_intent_is_outdated(op)) {
        return;
    }
    sgr_record_begin(&builder, op->heap);
    sgr_record_set(&builder, SGR_STR("seq"), sgr_int((int64_t)op->seq));
    sgr_record_set(&builder, SGR_STR("existed"), sgr_bool(op->live.tag == SGR_RECORD));
    sgr_record_set(&builder, SGR_STR("before"), memory_of(op->heap, op->live));
    op->before = op->live;
    op->has_before = true;
    sgr_record_intent(op, sgr_record_end(&builder), write_it, look);
}

static void fail_about(struct sgr_task *op, const char *word, const char *what)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 4096);
    sgr_k8s_ref_print(&op->ref, &text);
    sgr_buf_printf(&text, ": %s", what);
    sgr_task_fail(op, word, sgr_buf_str(&text));
    sgr_buf_release(&text);
}

/* What the run has seen before and somebody has deleted is not made again. */
static void not_there(struct sgr_task *op)
{
    op->live = sgr_absent();
    if (op->kind == SGR_EFFECT_APPLY && (op->uid.len == 0 || sgr_str_is(op->uid, "none"))) {
        intend(op);
    } else if (op->kind == SGR_EFFECT_DELETE) {
        bool was_ours = op->has_before && op->before.tag == SGR_RECORD;
        if (was_ours) {
            written(op, sgr_bool(true), sgr_absent());
        } else {
            sgr_task_answer(op, sgr_bool(false));
        }
    } else {
        fail_about(op, "missing", "it is not there");
    }
}

/* That something is not there has to be said twice: what we take for missing we make, and what we
 * made a rollback deletes. */
static bool is_missing(struct sgr_task *op)
{
    bool again = op->missed;
    op->missed = true;
    return again;
}

/* A write that names an object finds that one, or nothing is written. What it was to make is there
 * where an earlier try has made it. */
static bool is_meant(struct sgr_task *op)
{
    if (op->uid.len == 0 || sgr_str_equal(op->uid, sgr_path_str(op->live, "metadata/uid"))) {
        return true;
    }
    bool new = sgr_str_is(op->uid, "none");
    if (new && (op->in_doubt || op->maybe_done) && was_made_by_us(op->live)) {
        return true;
    }
    fail_about(op, new ? "exists" : "replaced",
               new ? "somebody else has made it meanwhile; nothing was written"
                   : "it is another object than the run has seen before; nothing was written");
    return false;
}

static void looked(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    if (!result->ok && strcmp(result->kind, "missing") == 0) {
        if (is_missing(op)) {
            not_there(op);
        } else {
            look(op);
        }
    } else if (!result->ok) {
        (void)sgr_task_retry(op, result, look);
    } else {
        op->live = sgr_value_copy(op->heap, result->value);
        if (!is_meant(op)) {
            return;
        }
        /* What was written down before an answer got lost stays what was there before; else
         * somebody else has changed the object meanwhile, and that is what we now find. */
        if (op->has_before && !op->maybe_done && !op->in_doubt) {
            op->has_before = false;
        }
        intend(op);
    }
}

/* What a watch tells is as good as a read where the write names the version: a newer one refuses
 * it, and then the server is asked. That something is not there no watch can say. */
static bool is_known(struct sgr_task *op)
{
    struct sgr_watches *watches = op->cluster->watches;
    if (op->looked || op->cluster->looking || op->in_doubt || op->kind == SGR_EFFECT_DELETE ||
        sgr_watch_state(watches, &op->ref) != SGR_WATCH_LIVE) {
        return false;
    }
    op->live = sgr_value_copy(op->heap, sgr_watch_get(watches, &op->ref));
    return op->live.tag == SGR_RECORD &&
           (op->uid.len == 0 || sgr_str_equal(op->uid, sgr_path_str(op->live, "metadata/uid")));
}

static void look(void *context)
{
    struct sgr_task *op = context;
    if (is_known(op)) {
        op->looked = true;
        intend(op);
        return;
    }
    op->looked = true;
    sgr_task_request(
        op, (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = op->ref, .body = sgr_absent()},
        looked);
}

/* ---- write ---- */

static void wrote(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    if (result->ok) {
        sgr_value after = sgr_value_copy(op->heap, result->value);
        written(op, op->kind == SGR_EFFECT_DELETE ? sgr_bool(true) : after, after);
    } else if (strcmp(result->kind, "conflict") == 0 && result->only_own && !op->force) {
        op->force = true; /* fields that we wrote by a patch are ours to apply */
        look(op);
    } else if (strcmp(result->kind, "missing") == 0 && op->kind == SGR_EFFECT_DELETE) {
        written(op, sgr_bool(true), sgr_absent());
    } else if (strcmp(result->kind, "missing") == 0 && op->live.tag == SGR_RECORD &&
               op->failures++ < 3) {
        look(op); /* it went between the look and the write */
    } else {
        op->maybe_done = op->maybe_done || strcmp(result->kind, "unknown") == 0;
        bool doubtful = op->in_doubt || op->maybe_done;
        if (!sgr_task_retry(op, result, look) && doubtful && op->live.tag == SGR_RECORD) {
            op->replaced = replaced_by(op, op->live); /* an earlier try may have been done */
        }
    }
}

static const char *text_at(sgr_value object, const char *path)
{
    sgr_str text = sgr_path_str(object, path);
    return text.len > 0 ? text.ptr : NULL;
}

/* A patch that takes fields away says so in JSON: in values there is no null. */
static void write_with_nulls(struct sgr_task *op)
{
    struct sgr_buf body;
    sgr_buf_init(&body, 16 << 20);
    (void)sgr_changes_patch(op->args[3], op->args[1], text_at(op->live, "metadata/resourceVersion"),
                            &body);
    sgr_task_request(op,
                     (struct sgr_k8s_request){.verb = SGR_K8S_PATCH,
                                              .ref = op->ref,
                                              .body = sgr_absent(),
                                              .raw = sgr_buf_str(&body),
                                              .dry_run = op->cluster->looking,
                                              .budget_ms = WRITE_BUDGET_MS},
                     wrote);
    sgr_buf_release(&body);
}

static void write_it(void *context)
{
    struct sgr_task *op = context;
    const struct sgr_cluster_options *options = &op->cluster->options;
    if (!sgr_lock_is_fresh(op->cluster)) { /* the lease has to be renewed first */
        sgr_task_later(op, LOCK_POLL_MS, look);
        return;
    }
    if (op->kind == SGR_EFFECT_PATCH && op->count > 3 && op->args[3].tag == SGR_RECORD) {
        write_with_nulls(op);
        return;
    }
    struct sgr_k8s_request request = {
        .verb = op->kind == SGR_EFFECT_APPLY   ? SGR_K8S_APPLY
                : op->kind == SGR_EFFECT_PATCH ? SGR_K8S_PATCH
                                               : SGR_K8S_DELETE,
        .ref = op->ref,
        .body = sgr_absent(),
        .dry_run = op->cluster->looking,
        .budget_ms = WRITE_BUDGET_MS,
        .uid = text_at(op->live, "metadata/uid"),
    };
    if (op->kind == SGR_EFFECT_APPLY) {
        request.body = sgr_object_bare(op->heap, op->args[0]);
        request.force = op->force || options->force_conflicts;
    } else if (op->kind == SGR_EFFECT_PATCH) {
        request.body = op->args[1];
        request.uid = NULL;
    }
    if (op->kind != SGR_EFFECT_DELETE) {
        request.resource_version = text_at(op->live, "metadata/resourceVersion");
    }
    sgr_task_request(op, request, wrote);
}

/* After an interruption: what was there is what was written down then, if it was. */
static void take_intent(void *context)
{
    struct sgr_task *op = context;
    sgr_value intent = op->value;
    op->value = sgr_absent();
    if (intent.tag == SGR_RECORD) {
        op->has_before = true;
        op->before = sgr_field(intent, SGR_STR("before"));
    } else {
        op->in_doubt = false; /* nothing was written down, so nothing was sent */
    }
    look(op);
}

/* A uid in what is to be written is that of the object that it is meant for. */
static void take_uid(struct sgr_task *op)
{
    size_t which = op->kind == SGR_EFFECT_PATCH ? 1 : 0;
    if (op->kind != SGR_EFFECT_DELETE && which < op->count) {
        op->uid = sgr_path_str(op->args[which], "metadata/uid");
        op->args[which] =
            op->uid.len > 0 ? sgr_object_bare(op->heap, op->args[which]) : op->args[which];
    }
}

static void begin(struct sgr_task *op)
{
    take_uid(op);
    if (op->in_doubt && !op->cluster->looking) {
        sgr_record_find_intent(op, take_intent);
    } else {
        op->in_doubt = false;
        look(op);
    }
}

void sgr_effect_apply(struct sgr_task *op)
{
    begin(op);
}

void sgr_effect_patch(struct sgr_task *op)
{
    begin(op);
}

void sgr_effect_delete(struct sgr_task *op)
{
    begin(op);
}

/* ---- undo ---- */

static void restore_look(void *context);

static void restore_said(struct sgr_task *op, const char *what)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 4096);
    sgr_k8s_ref_print(&op->ref, &text);
    sgr_cluster_message(op->cluster, "%s %s", text.ptr, what);
    sgr_buf_release(&text);
}

static void restore_ended(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    if (result->ok || strcmp(result->kind, "missing") == 0 || strcmp(result->kind, "exists") == 0) {
        if (result->ok && sgr_path_str(result->value, "metadata/name").len > 0) {
            sgr_watch_put(op->cluster->watches, result->value);
        }
        sgr_task_answer(op, sgr_bool(true));
    } else {
        (void)sgr_task_retry(op, result, restore_look);
    }
}

static void restore_request(struct sgr_task *op, struct sgr_k8s_request request, sgr_k8s_done done)
{
    if (!sgr_lock_is_fresh(op->cluster)) {
        sgr_task_later(op, LOCK_POLL_MS, restore_look);
        return;
    }
    request.ref = op->ref;
    request.dry_run = op->cluster->looking;
    request.budget_ms = WRITE_BUDGET_MS;
    sgr_task_request(op, request, done);
}

/* The former owners, once the values are theirs again. */
static void restore_owners(struct sgr_task *op)
{
    sgr_value before = sgr_field(op->args[0], SGR_STR("managed"));
    sgr_value now = sgr_path(op->live, "metadata/managedFields");
    sgr_value wanted = sgr_managed_restored(op->heap, before, now, SGR_STR(SGR_K8S_MANAGER));
    struct sgr_buf body;
    if (before.tag != SGR_LIST || sgr_count_of(wanted) == 0 || sgr_value_equal(wanted, now)) {
        sgr_task_answer(op, sgr_bool(true));
        return;
    }
    sgr_buf_init(&body, 16 << 20);
    sgr_buf_cstr(&body, "{\"metadata\":{\"resourceVersion\":");
    sgr_buf_json(&body, sgr_path_str(op->live, "metadata/resourceVersion"));
    sgr_buf_cstr(&body, ",\"managedFields\":");
    (void)sgr_value_json(wanted, &body);
    sgr_buf_cstr(&body, "}}");
    restore_request(op,
                    (struct sgr_k8s_request){
                        .verb = SGR_K8S_PATCH, .body = sgr_absent(), .raw = sgr_buf_str(&body)},
                    restore_ended);
    sgr_buf_release(&body);
}

static void restored_values(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    if (!result->ok) {
        (void)sgr_task_retry(op, result, restore_look);
        return;
    }
    op->live = sgr_value_copy(op->heap, result->value);
    sgr_watch_put(op->cluster->watches, op->live);
    restore_owners(op);
}

static void restore_fields(struct sgr_task *op)
{
    sgr_value left;
    struct sgr_buf body;
    sgr_value wanted =
        sgr_changes_revert(op->heap, op->live, sgr_field(op->args[0], SGR_STR("changes")), &left);
    for (size_t i = 0; op->failures == 0 && i < sgr_count_of(left); i++) {
        struct sgr_buf text;
        sgr_buf_init(&text, 4096);
        sgr_buf_printf(&text, "keeps %.*s: somebody else has changed it since",
                       SGR_FMT(sgr_string_of(sgr_item(left, i))));
        restore_said(op, text.ptr);
        sgr_buf_release(&text);
    }
    sgr_buf_init(&body, 16 << 20);
    if (sgr_changes_patch(op->live, wanted, text_at(op->live, "metadata/resourceVersion"), &body)) {
        restore_request(op,
                        (struct sgr_k8s_request){
                            .verb = SGR_K8S_PATCH, .body = sgr_absent(), .raw = sgr_buf_str(&body)},
                        restored_values);
    } else {
        restore_owners(op);
    }
    sgr_buf_release(&body);
}

static void restore_found(struct sgr_task *op)
{
    sgr_value existed = sgr_field(op->args[0], SGR_STR("existed"));
    bool was_there = existed.tag == SGR_BOOL && existed.as.i;
    sgr_str uid = sgr_path_str(op->args[0], "uid");
    if (!sgr_is_absent(sgr_field(op->args[0], SGR_STR("object")))) {
        sgr_task_answer(op, sgr_bool(true)); /* deleted by us, made again by somebody */
    } else if (!sgr_str_equal(uid, sgr_path_str(op->live, "metadata/uid")) &&
               !was_made_by_us(op->live)) {
        /* what we deleted and made again has another uid, and is still ours to undo */
        restore_said(op, "is another object than the one that was changed; it stays as it is");
        sgr_task_answer(op, sgr_bool(true));
    } else if (!was_there) {
        uid = sgr_path_str(op->live, "metadata/uid");
        sgr_watch_gone(op->cluster->watches, &op->ref, uid);
        restore_request(
            op,
            (struct sgr_k8s_request){.verb = SGR_K8S_DELETE, .body = sgr_absent(), .uid = uid.ptr},
            restore_ended);
    } else {
        restore_fields(op);
    }
}

static void restore_it(void *context)
{
    struct sgr_task *op = context;
    sgr_value object = sgr_field(op->args[0], SGR_STR("object")),
              whole = sgr_field(op->args[0], SGR_STR("whole"));
    object = object.tag == SGR_RECORD ? object : whole;
    if (op->live.tag == SGR_RECORD) {
        restore_found(op);
    } else if (object.tag == SGR_RECORD) {
        restore_request(op, (struct sgr_k8s_request){.verb = SGR_K8S_CREATE, .body = object},
                        restore_ended);
    } else {
        sgr_value existed = sgr_field(op->args[0], SGR_STR("existed"));
        if (existed.tag == SGR_BOOL && existed.as.i) {
            restore_said(op, "is gone; there is nothing to put back");
        }
        sgr_task_answer(op, sgr_bool(true));
    }
}

/* There is no intent whose saving could be refused, so the fence is looked at: after the object,
 * whose version the write will name. */
static void restore_looked(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    bool missing = !result->ok && strcmp(result->kind, "missing") == 0;
    if (missing && !is_missing(op)) {
        restore_look(op);
    } else if (result->ok || missing) {
        op->live = result->ok ? sgr_value_copy(op->heap, result->value) : sgr_absent();
        sgr_fence_look(op, restore_it);
    } else {
        (void)sgr_task_retry(op, result, restore_look);
    }
}

static void restore_look(void *context)
{
    struct sgr_task *op = context;
    sgr_task_request(
        op, (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = op->ref, .body = sgr_absent()},
        restore_looked);
}

void sgr_effect_restore(struct sgr_task *op)
{
    op->ref = sgr_k8s_ref_of(sgr_field(op->args[0], SGR_STR("ref")));
    restore_look(op);
}
