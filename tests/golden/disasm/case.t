$ sgrc disasm small.sgr
$ sgrc disasm small.sgr -v | grep -c '^function std/' | sed 's/[0-9][0-9]*/some/'
