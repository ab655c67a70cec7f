# Warnings, sanitizers and hardening, the same for every room.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(SGR_SANITIZE "AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(SGR_FUZZ "libFuzzer targets (clang)" OFF)
option(SGR_HARDEN "hardening flags of the OpenSSF guide" OFF)

add_compile_definitions(_GNU_SOURCE)
add_compile_options(-ffp-contract=off -fno-strict-aliasing)
include_directories(${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})

set(SGR_WARNINGS
    -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wno-sign-conversion
    -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wformat=2 -Wvla
    -Wpointer-arith -Wundef)

if(SGR_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
endif()
if(SGR_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(SGR_HARDEN)
    add_compile_options(-fstack-protector-strong -fstack-clash-protection
                        -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fcf-protection=full)
    add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed -pie)
endif()

# sgr_room(NAME SOURCES... [LINK libraries...]): a static library with the house's warnings.
function(sgr_room name)
    cmake_parse_arguments(ROOM "" "" "SOURCES;GENERATED;LINK" ${ARGN})
    add_library(sgr_${name} STATIC ${ROOM_SOURCES} ${ROOM_GENERATED})
    target_compile_options(sgr_${name} PRIVATE ${SGR_WARNINGS})
    target_link_libraries(sgr_${name} PUBLIC ${ROOM_LINK})
    if(ROOM_GENERATED)
        # What flex and bison write is not ours to style.
        set_source_files_properties(${ROOM_GENERATED} PROPERTIES COMPILE_OPTIONS
            "-Wno-conversion;-Wno-shadow;-Wno-cast-qual;-Wno-missing-prototypes;-Wno-undef")
    endif()
endfunction()
