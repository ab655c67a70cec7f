/* How a run stands, told from its record. Must show nothing that the record does not hold. */
#include <inttypes.h>

#include "cli/session.h"

const char *sgr_one_name(const struct sgr_cli *cli)
{
    if (cli->files.len == 1) {
        return cli->files.at[0];
    }
    (void)sgr_complain(SGR_EXIT_FAULT, "%s takes the name of one rollout",
                       sgr_commands[cli->command].word);
    return NULL;
}

bool sgr_load_record(struct sgr_cluster *cluster, const char *name,
                     struct sgr_cluster_record *record)
{
    struct sgr_error error = {0};
    const char *namespace = sgr_cluster_namespace(cluster);
    bool ok = sgr_cluster_load(cluster, sgr_str_from(name), record, &error);
    if (!ok) {
        (void)sgr_complain(SGR_EXIT_FAULT, "%s", error.text);
    } else if (!record->found) {
        (void)sgr_complain(SGR_EXIT_FAULT,
                           "there is no run %s in namespace %s of %s; `sgrc history -n %s` lists "
                           "those that are there",
                           name, namespace, sgr_cluster_server(cluster), namespace);
        ok = false;
    }
    if (!ok) {
        sgr_cluster_record_release(record);
    }
    sgr_error_release(&error);
    return ok;
}

static void line(struct sgr_buf *out, const char *title, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void line(struct sgr_buf *out, const char *title, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    sgr_buf_printf(out, "  %-9s ", title);
    sgr_buf_vprintf(out, format, args);
    sgr_buf_byte(out, '\n');
    va_end(args);
}

static void text_line(struct sgr_buf *out, const char *title, sgr_value status, const char *field)
{
    sgr_str text = sgr_path_str(status, field);
    if (text.len > 0) {
        line(out, title, "%.*s", SGR_FMT(text));
    }
}

static void guard_line(struct sgr_buf *out, sgr_value status)
{
    sgr_value values = sgr_field(status, SGR_STR("values"));
    if (sgr_path_str(status, "guard").len == 0) {
        return;
    }
    sgr_buf_printf(out, "  %-9s %.*s: %.*s", "guard", SGR_FMT(sgr_path_str(status, "guard")),
                   SGR_FMT(sgr_path_str(status, "sampled")));
    for (size_t i = 0; values.tag == SGR_LIST && i < sgr_count_of(values); i++) {
        sgr_buf_printf(out, "%s%.*s = ", i == 0 ? " (" : ", ",
                       SGR_FMT(sgr_path_str(sgr_item(values, i), "text")));
        sgr_value_print(sgr_field(sgr_item(values, i), SGR_STR("value")), out);
    }
    sgr_buf_cstr(out, values.tag == SGR_LIST && sgr_count_of(values) > 0 ? ")\n" : "\n");
}

/* What the run asked for last; a rolling update has one Deployment for both. */
static void pods_line(struct sgr_buf *out, sgr_value status)
{
    bool apart = !sgr_str_equal(sgr_path_str(status, "mode"), SGR_STR("rolling"));
    sgr_value new_pods = sgr_field(status, SGR_STR("new_pods"));
    sgr_value old_pods = sgr_field(status, SGR_STR("old_pods"));
    if (apart && new_pods.tag == SGR_INT && old_pods.tag == SGR_INT) {
        line(out, "pods", "new %" PRId64 ", old %" PRId64, new_pods.as.i, old_pods.as.i);
    }
}

void sgr_print_version(sgr_value status, struct sgr_buf *out)
{
    sgr_str old = sgr_path_str(status, "old_image");
    if (old.len > 0) {
        sgr_buf_printf(out, "%.*s -> ", SGR_FMT(old));
    }
    sgr_buf_add(out, sgr_path_str(status, "new_image"));
}

void sgr_print_status(const char *name, const char *namespace, sgr_value status, const char *holder,
                      struct sgr_buf *out)
{
    sgr_value over = sgr_field(status, SGR_STR("over"));
    bool is_over = over.tag == SGR_BOOL && over.as.i != 0;
    sgr_str outcome = sgr_path_str(status, "outcome");
    sgr_buf_printf(out, "%s in %s: ", name, namespace);
    if (!is_over && holder == NULL) {
        sgr_buf_printf(out, "interrupted; go on with `sgrc resume %s -n %s`\n", name, namespace);
    } else {
        sgr_buf_printf(out, "%.*s\n", SGR_FMT(outcome));
    }
    if (sgr_path_str(status, "new_image").len > 0) {
        sgr_buf_printf(out, "  %-9s ", "version");
        sgr_print_version(status, out);
        sgr_buf_byte(out, '\n');
    }
    text_line(out, "step", status, "step");
    if (sgr_path_str(status, "weight").len > 0) {
        line(out, "traffic", "%.*s to the new version", SGR_FMT(sgr_path_str(status, "weight")));
    }
    if (!is_over) {
        pods_line(out, status);
    }
    guard_line(out, status);
    text_line(out, "verdict", status, "verdict");
    text_line(out, "cause", status, "cause");
    if (sgr_path_str(status, "question").len > 0) {
        line(out, "question", "%.*s (answer with `sgrc approve %s -n %s`)",
             SGR_FMT(sgr_path_str(status, "question")), name, namespace);
    }
    if (holder != NULL) {
        line(out, "runner", "%s", holder);
    }
    text_line(out, "started", status, "started");
    text_line(out, "ended", status, "ended");
}
