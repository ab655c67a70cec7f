/* Inside k8s/: base64 as Kubernetes uses it. */
#ifndef SGR_K8S_BASE64_H
#define SGR_K8S_BASE64_H

#include "base/base.h"

void sgr_base64_write(sgr_str bytes, struct sgr_buf *out);
/* Line breaks and spaces are skipped; false for anything else that is no base64. */
bool sgr_base64_read(sgr_str text, struct sgr_buf *out);

#endif
