/* Looks up libcurl's functions. Must never unload the library: OpenSSL registers handlers that run
 * at exit. */
#include "k8s/curl_api.h"

#include <dlfcn.h>
#include <stdlib.h>

/* 7.85: the first with CURLOPT_PROTOCOLS_STR; blobs for certificates are older. */
enum { VERSION_MIN = 0x075500 };

static bool find(void *library, const char *name, void *function, struct sgr_error *error)
{
    void *symbol = dlsym(library, name);
    if (symbol == NULL) {
        return sgr_error_set(error, "libcurl.so.4 has no %s", name);
    }
    memcpy(function, &symbol,
           sizeof symbol); /* ISO C has no cast from object to function pointers */
    return true;
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(sgr_alloc(size), text, size);
}

/* Debian's libcurl brings GnuTLS along for RTMP, which nobody speaks here: it need not set itself
 * up, which costs more than a megabyte. */
static void *open_library(void)
{
    static const char variable[] = "GNUTLS_NO_IMPLICIT_INIT";
    bool ours = getenv(variable) == NULL && setenv(variable, "1", 0) == 0;
    void *library = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    if (ours) {
        unsetenv(variable);
    }
    return library;
}

bool sgr_curl_load(struct sgr_curl *curl, struct sgr_error *error)
{
    void *library = open_library();
    if (library == NULL) {
        return sgr_error_set(error,
                             "libcurl.so.4 cannot be loaded, and without it no cluster can be "
                             "reached (on Debian: apt install libcurl4): %s",
                             dlerror());
    }
    bool ok = true;
#define X(name) ok = ok && find(library, "curl_" #name, &curl->name, error);
    SGR_CURL_FUNCTIONS(X)
#undef X
    dlclose(library);
    if (!ok) {
        return false;
    }
    /* Running out of memory ends here, not as a request that goes out without a part of it. */
    if (curl->global_init_mem(CURL_GLOBAL_DEFAULT, sgr_alloc, free, sgr_realloc, copy,
                              sgr_calloc) != CURLE_OK) {
        return sgr_error_set(error, "libcurl cannot be initialised");
    }
    const curl_version_info_data *info = curl->version_info(CURLVERSION_NOW);
    if (info->version_num < VERSION_MIN) {
        return sgr_error_set(error, "libcurl %s is too old; 7.85 or newer is needed",
                             info->version);
    }
    if (info->ssl_version == NULL) {
        return sgr_error_set(error, "libcurl %s was built without TLS", info->version);
    }
    return true;
}
