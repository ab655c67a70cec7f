/* libcurl, loaded when the first request is made. Linking it costs every start of sgrc about 10 ms
 * of dynamic linking (libcurl draws in OpenSSL, LDAP, Kerberos and two dozen more), also for `sgrc
 * lint` and `sgrc version`, which make no request. The headers are used at build time, so that
 * types and option numbers are the compiler's to check; only the functions below are looked up.
 * Inside k8s/. */
#ifndef SGR_K8S_CURL_API_H
#define SGR_K8S_CURL_API_H

#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>

#include "base/base.h"

#define SGR_CURL_FUNCTIONS(X)                                                                      \
    X(global_init_mem)                                                                             \
    X(version_info)                                                                                \
    X(easy_init)                                                                                   \
    X(easy_cleanup)                                                                                \
    X(easy_setopt)                                                                                 \
    X(easy_getinfo)                                                                                \
    X(easy_strerror)                                                                               \
    X(multi_init)                                                                                  \
    X(multi_cleanup)                                                                               \
    X(multi_setopt)                                                                                \
    X(multi_add_handle)                                                                            \
    X(multi_remove_handle)                                                                         \
    X(multi_perform)                                                                               \
    X(multi_poll)                                                                                  \
    X(multi_info_read)                                                                             \
    X(slist_append)                                                                                \
    X(slist_free_all)

struct sgr_curl {
#define X(name) __typeof__(curl_##name) *name;
    SGR_CURL_FUNCTIONS(X)
#undef X
};

/* Fills the table; the library stays loaded until the process ends. False with a sentence where it
 * is missing, too old or has no TLS. */
bool sgr_curl_load(struct sgr_curl *curl, struct sgr_error *error);

#endif
