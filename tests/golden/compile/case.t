# Every attribute, every kind of block, loops and conditions around declarations and entries.
$ sgrc compile everything.sgr
# A parameter of another type, from the command line, the environment and a file; --set wins.
$ sgrc compile everything.sgr --set 'zones=["c"]' | grep 'name: worker'
$ SGR_PARAM_image=shop/api:env sgrc compile everything.sgr | grep 'image: shop/api'
$ echo 'image: shop/api:file' > $TMP/v.yaml; SGR_PARAM_image=shop/api:env sgrc compile everything.sgr --values $TMP/v.yaml --set image=shop/api:set | grep 'image: shop/api'
# A folder of ordered files, a file, bytecode; and the bytecode compiles to the same.
$ sgrc compile everything.sgr -o $TMP/out/ && ls $TMP/out
$ sgrc compile everything.sgr -o $TMP/one.yaml && sgrc compile everything.sgr | cmp - $TMP/one.yaml
$ sgrc compile everything.sgr --target bytecode -o $TMP/e.sgb && sgrc compile $TMP/e.sgb | cmp - $TMP/one.yaml
$ sgrc compile everything.sgr --target helm
$ sgrc compile everything.sgr --set images=x
$ sgrc compile everything.sgr --set zones=3
