/* Inside k8s/: which cluster, as whom. kubectl's precedence: the given file alone; else the files
 * of KUBECONFIG, merged, where the first one that says something wins; else ~/.kube/config; else,
 * in a pod, its service account. Relative paths in a file are relative to that file. Files named in
 * it are read again when they may have changed; tokens come from the file, the token file or an
 * exec plugin. */
#ifndef SGR_K8S_KUBECONFIG_H
#define SGR_K8S_KUBECONFIG_H

#include "k8s/http.h"

struct sgr_kube_options {
    const char *kubeconfig; /* --kubeconfig, or NULL */
    const char *context;    /* --context, or NULL */
    const char *namespace;  /* --namespace, or NULL */
    const char *account;    /* folder of the service account, or NULL for the one of pods */
};

struct sgr_kube;

/* Owned by the caller; NULL with one sentence that names the file and the entry. */
struct sgr_kube *sgr_kube_load(const struct sgr_kube_options *options, struct sgr_error *error);
void sgr_kube_free(struct sgr_kube *kube);

const char *sgr_kube_server(const struct sgr_kube *kube);    /* URL without a slash at its end */
const char *sgr_kube_namespace(const struct sgr_kube *kube); /* never empty */
const char *sgr_kube_context(const struct sgr_kube *kube);   /* "in-cluster" in a pod */
/* Reaches the API server; valid as long as `kube`. */
const struct sgr_http_target *sgr_kube_target(const struct sgr_kube *kube);

/* The whole file; false with a sentence. At most `max` bytes. */
bool sgr_file_read(const char *path, size_t max, struct sgr_buf *out, struct sgr_error *error);

#endif
