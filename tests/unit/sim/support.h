/* What the simulator's tests share: objects written as short calls, time that passes without a
 * run. */
#ifndef SGR_TESTS_UNIT_SIM_SUPPORT_H
#define SGR_TESTS_UNIT_SIM_SUPPORT_H

#include "k8s/sim/internal.h"

/* A simulator in namespace "shop" with nothing in it. Free with sgr_sim_free. */
struct sgr_sim *test_sim(void);
sgr_value test_text(struct sgr_sim *sim, const char *text);
/* { kind, metadata: { name, namespace: shop } } */
sgr_value test_object(struct sgr_sim *sim, const char *kind, const char *name);
/* The object with a field set along a path. */
sgr_value test_with(struct sgr_sim *sim, sgr_value object, const char *path, sgr_value value);
/* A Deployment whose pods carry { app, track } and run `image`. */
sgr_value test_deployment(struct sgr_sim *sim, const char *name, const char *track,
                          const char *image, int64_t replicas);
/* A Service that selects { app: gateway, track }, or every track where it is NULL. */
sgr_value test_service(struct sgr_sim *sim, const char *name, const char *track);
/* { kind, namespace: shop, name } */
sgr_value test_ref(struct sgr_sim *sim, const char *kind, const char *name);
/* The result of an apply or a patch that must go well; what it replaced in *replaced. */
sgr_value test_apply(struct sgr_sim *sim, sgr_value object, sgr_value *replaced);
sgr_value test_patch(struct sgr_sim *sim, sgr_value ref, sgr_value patch);
/* Lets the cluster alone until then, calling `each` (may be NULL) at every change. */
void test_pass(struct sgr_sim *sim, int64_t until, void (*each)(struct sgr_sim *sim));
/* A rollout of `gateway` under way, as its "run" report tells it. */
void test_rollout(struct sgr_sim *sim, const char *mode, const char *traffic);

#endif
