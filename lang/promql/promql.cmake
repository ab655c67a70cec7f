# Included by lang/CMakeLists.txt: sets PROMQL_SOURCES (ours) and PROMQL_GENERATED (flex's and bison's).
set(promql_dir ${CMAKE_CURRENT_LIST_DIR})
set(promql_out ${CMAKE_BINARY_DIR}/lang/promql)
file(MAKE_DIRECTORY ${promql_out})

set(PROMQL_SOURCES)
foreach(file promql.c tables.c word.c literal.c regex.c tree.c check.c print.c one.c escape.c)
    list(APPEND PROMQL_SOURCES ${promql_dir}/${file})
endforeach()

add_custom_command(
    OUTPUT ${promql_out}/grammar.c ${promql_out}/grammar.h
    COMMAND ${BISON_EXECUTABLE} -Wall -Werror --header=${promql_out}/grammar.h
            -o ${promql_out}/grammar.c ${promql_dir}/grammar.y
    DEPENDS ${promql_dir}/grammar.y
    COMMENT "bison lang/promql/grammar.y" VERBATIM)
add_custom_command(
    OUTPUT ${promql_out}/scan.c
    COMMAND ${FLEX_EXECUTABLE} -o ${promql_out}/scan.c ${promql_dir}/scan.l
    DEPENDS ${promql_dir}/scan.l ${promql_out}/grammar.h
    COMMENT "flex lang/promql/scan.l" VERBATIM)
set(PROMQL_GENERATED ${promql_out}/grammar.c ${promql_out}/grammar.h ${promql_out}/scan.c)
