/* What a write changed and how it is taken back: values in, values out. */
#include <stdio.h>

#include <criterion/criterion.h>

#include "k8s/changes.h"
#include "k8s/codec.h"

static struct sgr_heap *heap;

static void set_up(void)
{
    heap = sgr_heap_new((size_t)256 << 20);
}

static void tear_down(void)
{
    sgr_heap_free(heap);
}

TestSuite(changes, .init = set_up, .fini = tear_down);

static sgr_value yaml(const char *text)
{
    struct sgr_error error = {0};
    sgr_value documents;
    cr_assert(sgr_yaml_read(heap, sgr_str_from(text), &documents, &error), "%s", error.text);
    return sgr_item(documents, 0);
}

static void expect(sgr_value value, const char *text)
{
    struct sgr_buf out;
    sgr_buf_init(&out, 1 << 20);
    cr_assert(sgr_value_json(value, &out));
    cr_assert_str_eq(out.ptr, text);
    sgr_buf_release(&out);
}

/* before -> after, then `live` reverted; what is left and the result. */
static void round_trip(const char *before, const char *after, const char *live, const char *result,
                       const char *left)
{
    sgr_value others;
    sgr_value changes = sgr_changes(heap, yaml(before), yaml(after), sgr_absent());
    sgr_value back = sgr_changes_revert(heap, yaml(live), changes, &others);
    expect(back, result);
    expect(others, left);
}

Test(changes, only_what_differs)
{
    sgr_value changes = sgr_changes(heap,
                                    yaml("{metadata: {resourceVersion: \"1\", generation: 1}, "
                                         "spec: {a: 1, b: {c: 2, d: 3}}, status: {x: 1}}"),
                                    yaml("{metadata: {resourceVersion: \"2\", generation: 2}, "
                                         "spec: {a: 1, b: {c: 9, e: 4}}, status: {x: 2}}"),
                                    sgr_absent());
    expect(changes, "[{\"path\":[\"spec\",\"b\",\"c\"],\"old\":2,\"new\":9},{\"path\":[\"spec\","
                    "\"b\",\"d\"],\"old\":3},"
                    "{\"path\":[\"spec\",\"b\",\"e\"],\"new\":4}]");
    changes = sgr_changes(heap, yaml("{spec: {a: 1, b: 1, c: 1}}"), yaml("{spec: {a: 2, b: 2}}"),
                          yaml("{spec: {a: 2}}"));
    expect(
        changes,
        "[{\"path\":[\"spec\",\"a\"],\"old\":1,\"new\":2},{\"path\":[\"spec\",\"c\"],\"old\":1}]");
    expect(sgr_changes(heap, yaml("{spec: {a: [1, {b: 2}]}}"), yaml("{spec: {a: [1, {b: 2}]}}"),
                       sgr_absent()),
           "[]");
}

/* a -> b -> c as one list of changes. */
static sgr_value in_two(const char *a, const char *b, const char *c)
{
    return sgr_changes_merge(heap, sgr_changes(heap, yaml(a), yaml(b), sgr_absent()),
                             sgr_changes(heap, yaml(b), yaml(c), sgr_absent()));
}

Test(changes, two_are_told_as_one)
{
    expect(in_two("{spec: {w: 0}}", "{spec: {w: 50}}", "{spec: {w: 100, x: 1}}"),
           "[{\"path\":[\"spec\",\"w\"],\"old\":0,\"new\":100},"
           "{\"path\":[\"spec\",\"x\"],\"new\":1}]");
    expect(in_two("{spec: {w: 0}}", "{spec: {w: 50}}", "{spec: {w: 0}}"), "[]");
    cr_assert(sgr_is_absent(in_two("{spec: {}}", "{spec: {a: {b: 1}}}", "{spec: {a: {b: 2}}}")),
              "one path leads through the other");
}

Test(changes, items_are_told_apart_by_their_names)
{
    round_trip("{spec: {cs: [{name: a, image: x}, {name: b, image: y}]}}",
               "{spec: {cs: [{name: a, image: z}, {name: b, image: y}, {name: c, image: w}]}}",
               "{spec: {cs: [{name: a, image: z}, {name: b, image: other}, {name: c, image: w}]}}",
               "{\"spec\":{\"cs\":[{\"name\":\"a\",\"image\":\"x\"},{\"name\":\"b\",\"image\":"
               "\"other\"}]}}",
               "[]");
    round_trip(
        "{ports: [{port: 80, protocol: TCP}, {port: 80, protocol: UDP}]}",
        "{ports: [{port: 80, protocol: UDP}]}", "{ports: [{port: 80, protocol: UDP}]}",
        "{\"ports\":[{\"port\":80,\"protocol\":\"TCP\"},{\"port\":80,\"protocol\":\"UDP\"}]}",
        "[]");
    round_trip("{a: [1, 2]}", "{a: [2, 1]}", "{a: [2, 1]}", "{\"a\":[1,2]}", "[]");
    round_trip("{a: [{name: x}, {name: y}]}", "{a: [{name: y}, {name: x}]}",
               "{a: [{name: y}, {name: x}]}", "{\"a\":[{\"name\":\"x\"},{\"name\":\"y\"}]}", "[]");
}

Test(changes, what_others_changed_since_stays)
{
    round_trip("{spec: {a: 1, b: 1}}", "{spec: {a: 2, b: 2}}", "{spec: {a: 5, b: 2}}",
               "{\"spec\":{\"a\":5,\"b\":1}}", "[\".spec.a\"]");
    round_trip("{m: {x: 1}}", "{m: {x: 1, l: {a: b}}}", "{m: {x: 1, l: {a: b, theirs: c}}}",
               "{\"m\":{\"x\":1,\"l\":{\"theirs\":\"c\"}}}", "[]");
    round_trip("{m: {x: 1}}", "{m: {x: 1, l: {a: b}}}", "{m: {x: 1, l: {a: b}}}",
               "{\"m\":{\"x\":1}}", "[]");
    round_trip("{cs: [{name: a, v: 1}]}", "{cs: [{name: a, v: 2}]}", "{cs: [{name: z, v: 2}]}",
               "{\"cs\":[{\"name\":\"z\",\"v\":2}]}", "[\".cs[a].v\"]");
}

Test(changes, taking_back_twice_is_taking_back_once)
{
    round_trip("{spec: {a: 1}}", "{spec: {a: 2, b: 3}}", "{spec: {a: 1}}", "{\"spec\":{\"a\":1}}",
               "[]");
}

Test(changes, patches_are_minimal)
{
    struct sgr_buf out;
    sgr_buf_init(&out, 1 << 16);
    cr_assert(sgr_changes_patch(
        yaml("{metadata: {name: x, resourceVersion: \"1\"}, spec: {a: 1, b: {c: 2}, d: [1]}}"),
        yaml("{metadata: {name: x, resourceVersion: \"1\"}, spec: {b: {c: 3}, d: [1], e: {}}}"),
        "7", &out));
    cr_assert_str_eq(out.ptr, "{\"metadata\":{\"resourceVersion\":\"7\"},\"spec\":{\"a\":null,"
                              "\"b\":{\"c\":3},\"e\":{}}}");
    sgr_buf_clear(&out);
    cr_assert_not(sgr_changes_patch(yaml("{metadata: {resourceVersion: \"1\"}, a: 1}"),
                                    yaml("{metadata: {resourceVersion: \"1\"}, a: 1}"), "7", &out));
    sgr_buf_release(&out);
}

Test(changes, former_owners)
{
    sgr_value before = yaml("[{manager: kubectl, operation: Update, fieldsV1: {f:spec: "
                            "{f:replicas: {}, f:paused: {}}}}, "
                            "{manager: sgr, operation: Apply, fieldsV1: {f:a: {}}}, "
                            "{manager: gone, operation: Apply, fieldsV1: {f:g: {}}}]");
    sgr_value live = yaml(
        "[{manager: kubectl, operation: Update, fieldsV1: {f:spec: {f:paused: {}, f:new: {}}}}, "
        "{manager: sgr, operation: Apply, fieldsV1: {f:a: {}, f:spec: {f:replicas: {}}}}, "
        "{manager: sgr, operation: Update, fieldsV1: {f:x: {}}}, "
        "{manager: hpa, operation: Update, subresource: scale, fieldsV1: {f:z: {}}}]");
    expect(sgr_managed_restored(heap, before, live, SGR_STR("sgr")),
           "[{\"manager\":\"kubectl\",\"operation\":\"Update\",\"fieldsV1\":{\"f:spec\":{\"f:"
           "paused\":{},\"f:new\":{},"
           "\"f:replicas\":{}}}},{\"manager\":\"hpa\",\"operation\":\"Update\",\"subresource\":"
           "\"scale\",\"fieldsV1\":"
           "{\"f:z\":{}}},{\"manager\":\"sgr\",\"operation\":\"Apply\",\"fieldsV1\":{\"f:a\":{}}},{"
           "\"manager\":\"gone\","
           "\"operation\":\"Apply\",\"fieldsV1\":{\"f:g\":{}}}]");
}

Test(changes, bare_objects)
{
    expect(
        sgr_object_bare(
            heap,
            yaml("{apiVersion: v1, kind: X, metadata: {name: a, uid: u, managedFields: [], labels: "
                 "{l: m}}, status: {}, spec: {}}")),
        "{\"apiVersion\":\"v1\",\"kind\":\"X\",\"metadata\":{\"name\":\"a\",\"labels\":{\"l\":"
        "\"m\"}},\"spec\":{}}");
}
