# sgr_embed(OUT SYMBOL_TABLE FILES...): text files as one C table, so that the binary needs no data files.
function(sgr_embed out table)
    add_custom_command(
        OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DTABLE=${table} "-DFILES=${ARGN}"
                -DROOT=${CMAKE_CURRENT_SOURCE_DIR} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
        DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
        COMMENT "embed ${table}" VERBATIM)
endfunction()
