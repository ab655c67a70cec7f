# One file for each code: what is told, with its place.
$ printf '\377' > $TMP/E0101.sgr; sgrc lint -q $TMP/E0101.sgr | sed "s|$TMP/||"
$ sgrc lint E0102.sgr
$ sgrc lint E0103.sgr
$ sgrc lint E0104.sgr
$ sgrc lint E0105.sgr
$ sgrc lint E0106.sgr
$ sgrc lint E0201.sgr
$ sgrc lint E0202.sgr
$ sgrc lint E0203.sgr
$ sgrc lint E0204.sgr
$ sgrc lint E0205.sgr
$ sgrc lint E0206.sgr
$ sgrc lint E0207.sgr
$ sgrc lint E0301.sgr
$ sgrc lint E0302.sgr
$ sgrc lint E0303.sgr
$ sgrc lint E0304.sgr
$ sgrc lint E0305.sgr
$ sgrc lint E0401.sgr
$ sgrc lint E0402.sgr
$ sgrc lint E0403.sgr
$ sgrc lint E0404.sgr
$ sgrc lint E0405.sgr
$ sgrc lint E0601.sgr
$ sgrc lint E0602.sgr
$ sgrc lint E0603.sgr
$ sgrc lint E0604.sgr
$ sgrc lint E0605.sgr
$ sgrc lint E0701.sgr
$ sgrc lint E0702.sgr
$ sgrc lint W0601.sgr
$ sgrc lint W0602.sgr
# The other formats, and compile prints the same to standard error.
$ sgrc lint E0301.sgr --format json
$ sgrc lint W0601.sgr E0301.sgr --format github
$ sgrc compile E0301.sgr -q
$ sgrc lint -q .  | grep -c "^error\|^warning" | sed "s/[0-9][0-9]*/many/"
# Twenty errors at the most.
$ yes "let a = nothing" | head -50 > $TMP/many.sgr; sgrc lint -q $TMP/many.sgr | grep -c "^error"
