/* Base64 (RFC 4648, section 4). Must never read a byte more than it was given. */
#include "k8s/base64.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void sgr_base64_write(sgr_str bytes, struct sgr_buf *out)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)(unsigned char)bytes.ptr[i] << 16;
        group |= left > 1 ? (uint32_t)(unsigned char)bytes.ptr[i + 1] << 8 : 0;
        group |= left > 2 ? (uint32_t)(unsigned char)bytes.ptr[i + 2] : 0;
        char four[4] = {letters[group >> 18], letters[group >> 12 & 63],
                        left > 1 ? letters[group >> 6 & 63] : '=',
                        left > 2 ? letters[group & 63] : '='};
        sgr_buf_bytes(out, four, sizeof four);
    }
}

bool sgr_base64_read(sgr_str text, struct sgr_buf *out)
{
    uint32_t group = 0;
    unsigned bits = 0, padding = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\n' || c == '\r' || c == ' ' || c == '\t') {
            continue;
        }
        if (c == '=') {
            padding++;
            continue;
        }
        const char *letter = c != '\0' ? strchr(letters, c) : NULL;
        if (letter == NULL || padding > 0) {
            return false;
        }
        group = group << 6 | (uint32_t)(letter - letters);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            sgr_buf_byte(out, (char)(group >> bits & 0xff));
        }
    }
    return padding <= 2 && bits < 6 && !out->full;
}
