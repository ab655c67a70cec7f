$ sgrc version
$ sgrc --version
$ sgrc --help
$ sgrc compile --help
$ sgrc run --help
$ sgrc test --help
$ sgrc fmt --help
$ sgrc
$ sgrc complie x
$ sgrc compile --traget plain x.sgr
$ sgrc compile --set
$ sgrc compile
$ sgrc lint --format xml x
$ sgrc run x.sgr y.sgr
$ sgrc compile missing.sgr
$ sgrc disasm missing.sgb
$ sgrc test --filter nothing ../../../examples/canary.sgr -q
$ sgrc fmt --check missing.sgr
