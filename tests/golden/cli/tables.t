# What the tables of codes, commands and options give besides help.
$ sgrc explain E0301 | sed 's/^/  /'
  # E0301 unit-mismatch: a quantity of another unit
  
  Quantities never change their unit by themselves: `5s` is a time, and a cpu is written `500m` or `0.5`. Where a
  conversion is meant, say it: `seconds(5s)`, `bytes(1Gi)`, `cores(500m)`, `points(25%)`.
  
  Bad:
  
  ```sgr
  workload api {
    image = "shop/api:1.4.0"
    cpu = 5s .. 2
  }
  ```
  
  Good:
  
  ```sgr
  workload api {
    image = "shop/api:1.4.0"
    cpu = 500m .. 2
  }
  ```
$ sgrc explain no-probe | sed 's/^/  /'
  # W0401 no-probe: a workload that cannot say when it is ready
  
  Without a readiness probe a pod counts as ready as soon as its process runs: traffic comes before it can be served, and
  `ready(new)` says nothing. A workload without ports serves nobody; silence it there.
  
  Bad:
  
  ```sgr
  workload api { image = "shop/api:1.4.0"; ports = { http = 8080 } }
  ```
  
  Good:
  
  ```sgr
  workload api {
    image = "shop/api:1.4.0"
    ports = { http = 8080 }
    ready = http_get("/ready", port = "http")
  }
  ```
$ sgrc explain | head -3
E0101  invalid-text           the file is not UTF-8 text
E0102  syntax                 the text does not follow the grammar
E0501  program-limit          a declaration is too large for one program
$ sgrc explain unit-mismatc
sgrc: no diagnostic is called `unit-mismatc`; did you mean `unit-mismatch`?
[1]
$ sgrc explain nothing-at-all
sgrc: no diagnostic is called `nothing-at-all`; `sgrc explain` lists them
[1]
$ sgrc explain one two
sgrc: explain takes one code or name
[1]
$ sgrc completion bash | bash -n && echo well-formed
well-formed
$ bash -c 'source <(sgrc completion bash); COMP_WORDS=(sgrc resu); COMP_CWORD=1; _sgrc; echo "${COMPREPLY[@]}"; COMP_WORDS=(sgrc run --sup); COMP_CWORD=2; _sgrc; echo "${COMPREPLY[@]}"'
resume
--supersede
$ sgrc completion zsh | grep -o 'compdef sgrc'
compdef sgrc
$ sgrc completion fish | sed -n 2p
complete -c sgrc -f
$ sgrc completion tcsh
sgrc: completion takes the name of a shell: bash, zsh or fish
[1]
