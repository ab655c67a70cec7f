/* SHA-256 after FIPS 180-4, section 6.2. Reads its input once; allocates nothing. */
#include "base/sha256.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_INSTRUCTIONS 1
#include <cpuid.h>
#include <immintrin.h>
#endif

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

/* One round; the names of the eight words move on from one to the next, so that no word has to. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                           \
    do {                                                                                           \
        uint32_t t = (h) + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +                        \
                     ((g) ^ ((e) & ((f) ^ (g)))) + constants[i] + w[i];                            \
        (d) += t;                                                                                  \
        (h) = t + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +                                 \
              (((a) & (b)) | ((c) & ((a) | (b))));                                                 \
    } while (0)

static void portable(uint32_t state[8], const unsigned char *p)
{
    uint32_t w[64];
    for (int i = 0; i < 16; i++) {
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
               (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t low = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t high = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + low + w[i - 7] + high;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i += 8) {
        ROUND(a, b, c, d, e, f, g, h, i);
        ROUND(h, a, b, c, d, e, f, g, i + 1);
        ROUND(g, h, a, b, c, d, e, f, i + 2);
        ROUND(f, g, h, a, b, c, d, e, i + 3);
        ROUND(e, f, g, h, a, b, c, d, i + 4);
        ROUND(d, e, f, g, h, a, b, c, i + 5);
        ROUND(c, d, e, f, g, h, a, b, i + 6);
        ROUND(b, c, d, e, f, g, h, a, i + 7);
    }
    const uint32_t v[] = {a, b, c, d, e, f, g, h};
    for (int i = 0; i < 8; i++) {
        state[i] += v[i];
    }
}

typedef void (*block_fn)(uint32_t state[8], const unsigned char *block);

#ifdef HAS_INSTRUCTIONS
/* Four rounds at a time (Intel SHA Extensions, as in the Software Developer's Manual, volume 2):
 * the state stands in two registers, a b e f and c d g h from the highest word to the lowest. */
__attribute__((target("sha,ssse3,sse4.1"))) static void native(uint32_t state[8],
                                                               const unsigned char *p)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)state), 0xb1);
    __m128i hgfe =
        _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)(state + 4)), 0x1b);
    const __m128i abef_before = _mm_alignr_epi8(badc, hgfe, 8);
    const __m128i cdgh_before = _mm_blend_epi16(hgfe, badc, 0xf0);
    __m128i abef = abef_before, cdgh = cdgh_before, w[4];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        __m128i *word = &w[i % 4];
        if (i < 4) {
            *word = _mm_shuffle_epi8(
                _mm_loadu_si128((const __m128i *)(const void *)(p + (size_t)i * 16)), swap);
        } else {
            __m128i last = w[(i + 3) % 4];
            __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(*word, w[(i + 1) % 4]),
                                        _mm_alignr_epi8(last, w[(i + 2) % 4], 4));
            *word = _mm_sha256msg2_epu32(sum, last);
        }
        __m128i added = _mm_add_epi32(
            *word, _mm_loadu_si128((const __m128i *)(const void *)(constants + (size_t)i * 4)));
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, added);
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(added, 0x0e));
    }
    __m128i feba = _mm_shuffle_epi32(_mm_add_epi32(abef, abef_before), 0x1b);
    __m128i dchg = _mm_shuffle_epi32(_mm_add_epi32(cdgh, cdgh_before), 0xb1);
    _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

static bool has_instructions(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) && (c & bit_SSE4_1) &&
           __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}
#endif

static block_fn best(void)
{
#ifdef HAS_INSTRUCTIONS
    static block_fn known;
    if (known == NULL) {
        known = has_instructions() ? native : portable;
    }
    return known;
#else
    return portable;
#endif
}

static void digest(sgr_str bytes, char hex[SGR_SHA256_HEX], block_fn block)
{
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    unsigned char tail[128] = {0};
    size_t whole = bytes.len / 64 * 64, rest = bytes.len - whole;
    for (size_t i = 0; i < whole; i += 64) {
        block(state, (const unsigned char *)bytes.ptr + i);
    }
    if (rest > 0) {
        memcpy(tail, bytes.ptr + whole, rest);
    }
    tail[rest] = 0x80;
    size_t size = rest < 56 ? 64 : 128;
    for (int i = 0; i < 8; i++) {
        tail[size - 1 - (size_t)i] = (unsigned char)((uint64_t)bytes.len * 8 >> (8 * i));
    }
    for (size_t i = 0; i < size; i += 64) {
        block(state, tail + i);
    }
    for (int i = 0; i < 64; i++) {
        hex[i] = "0123456789abcdef"[state[i / 8] >> (28 - 4 * (i % 8)) & 15];
    }
    hex[64] = '\0';
}

void sgr_sha256_hex(sgr_str bytes, char hex[SGR_SHA256_HEX])
{
    digest(bytes, hex, best());
}

void sgr_sha256_hex_portable(sgr_str bytes, char hex[SGR_SHA256_HEX])
{
    digest(bytes, hex, portable);
}
