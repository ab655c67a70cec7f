$ sgrc test verbs.sgr
$ sgrc test failing.sgr --junit $TMP/report.xml
$ cat $TMP/report.xml
$ sgrc test failing.sgr --filter fault
$ sgrc test verbs.sgr failing.sgr -q --seed 3
