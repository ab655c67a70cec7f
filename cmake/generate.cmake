# sgr_embed(OUT SYMBOL_TABLE ROOT FILES...): text files below ROOT as one C table, so that the binary needs no data files.
function(sgr_embed out table root)
    add_custom_command(
        OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DTABLE=${table} "-DFILES=${ARGN}"
                -DROOT=${root} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
        DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
        COMMENT "embed ${table}" VERBATIM)
endfunction()
