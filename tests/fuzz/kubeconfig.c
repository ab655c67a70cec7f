/* Any text as a kubeconfig, in a folder of its own: it leads to a server or is refused with a
 * sentence. Runs no plugin and asks no server. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"
#include "k8s/kubeconfig.h"

static char path[64];

static void remove_file(void)
{
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    snprintf(path, sizeof path, "/tmp/sgr-fuzz-XXXXXX");
    if (mkdtemp(path) == NULL) {
        fuzz_fail("no folder can be made");
    }
    snprintf(path + strlen(path), sizeof path - strlen(path), "/config");
    unsetenv("KUBERNETES_SERVICE_HOST");
    atexit(remove_file);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sgr_kube_options options = {.kubeconfig = path};
    struct sgr_error error = {0};
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
        fuzz_fail("%s cannot be written", path);
    }
    struct sgr_kube *kube = sgr_kube_load(&options, &error);
    if ((kube == NULL) != (error.text != NULL)) {
        fuzz_fail("neither read nor refused");
    }
    if (kube != NULL && (*sgr_kube_server(kube) == '\0' || *sgr_kube_namespace(kube) == '\0')) {
        fuzz_fail("leads nowhere");
    }
    sgr_kube_free(kube);
    sgr_error_release(&error);
    return 0;
}
