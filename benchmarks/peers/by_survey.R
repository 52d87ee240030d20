# R's survey package: svymean and svyby, all indicators in one call.
suppressMessages(library(survey))
given <- commandArgs(TRUE)
names <- sprintf("i%02d", seq_len(as.integer(given[2])) - 1)
columns <- c("stratum", "domain", "w", "N", names)
table <- if (requireNamespace("data.table", quietly = TRUE)) {
  data.table::fread(given[1], data.table = FALSE, select = columns)
} else {
  read.csv(given[1])[columns]
}
memory <- function(what) {
  status <- readLines("/proc/self/status")
  as.numeric(gsub("[^0-9]", "", status[startsWith(status, what)])) / 1024
}
invisible(gc())
linux <- file.exists("/proc/self/clear_refs")
if (linux) writeLines("5", "/proc/self/clear_refs")
before <- if (linux) memory("VmRSS:") else NA
started <- proc.time()[[3]]
design <- svydesign(~1, strata = ~stratum, fpc = ~N, data = table)
between <- proc.time()[[3]]
variables <- as.formula(paste("~", paste(names, collapse = "+")))
alone <- svymean(variables, design)
domains <- svyby(variables, ~domain, design, svymean)
ended <- proc.time()[[3]]
later <- numeric(0)
while (ended - between < 10 && length(later) < 5) {
  again <- proc.time()[[3]]
  svymean(variables, design)
  svyby(variables, ~domain, design, svymean)
  later <- c(later, proc.time()[[3]] - again)
}
last <- length(names)
mean <- c(coef(alone)[[last]], domains[[1 + last]])
se <- c(SE(alone)[[last]], as.matrix(SE(domains))[, last])
peak <- if (linux) memory("VmHWM:") else NA
cat(sprintf(
  '{"prepare": %.3f, "first": %.3f, "estimate": %.3f, "mib": %.1f, "mean": [%s], "se": [%s]}\n',
  between - started, ended - between, if (length(later)) median(later) else ended - between,
  peak - before,
  paste(sprintf("%.15g", mean), collapse = ", "), paste(sprintf("%.15g", se), collapse = ", ")
))
