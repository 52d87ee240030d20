# Recompute the numbers of expected.json from the csv files in the folder above and report the differences.
#
#   Rscript expected.R            (needs the packages survey and jsonlite)
#
# Exit status 1 if a number differs by more than a relative 1e-9 (limits of logit: 1e-6). Replicates
# are left out: they take minutes.
#
# Last run with survey 4.1.1, which has another rule for survey.lonely.psu = "adjust" with calibrated
# weights, and a standard error of 0 for a domain to which nothing applies; all else agrees. Those
# numbers rest on survey 4.5 alone.

suppressPackageStartupMessages(library(survey))
options(warn = -1)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
expected <- jsonlite::fromJSON(file.path(here, "expected.json"), simplifyVector = FALSE)

read_sample <- function(name) read.csv(file.path(here, "..", name))

one_sided <- function(names) if (is.null(names)) NULL else reformulate(unlist(names))

make_design <- function(told) {
  data <- read_sample(told$csv)
  arguments <- list(
    ids = if (is.null(told$ids)) ~1 else one_sided(told$ids),
    strata = one_sided(told$strata), fpc = one_sided(told$fpc), data = data
  )
  if (told$weights %in% names(data)) arguments$weights <- reformulate(told$weights)
  do.call(svydesign, Filter(Negate(is.null), arguments))
}

counts <- function(margin) {
  columns <- unlist(margin$columns)
  one <- function(cell) as.data.frame(cell, col.names = c(columns, "Freq"))
  do.call(rbind, lapply(margin$cells, one))
}

change <- function(design, entry) {
  if (entry$kind == "calibrate") {
    bounds <- if (is.null(entry$bounds)) c(-Inf, Inf) else unlist(entry$bounds)
    return(calibrate(design, as.formula(entry$formula), unlist(entry$population),
                     calfun = entry$calfun, bounds = bounds, epsilon = 1e-11, maxit = 200))
  }
  formulas <- lapply(entry$margins, function(margin) reformulate(unlist(margin$columns)))
  tables <- lapply(entry$margins, counts)
  if (entry$kind == "postStratify") return(postStratify(design, formulas[[1]], tables[[1]]))
  rake(design, formulas, tables, control = list(maxit = 200, epsilon = 1e-10))
}

estimate <- function(design, name, df) {
  kind <- sub("_.*", "", name)
  rest <- sub("^[a-z]+_", "", name)
  if (kind == "ciprop") {
    limits <- confint(svyciprop(reformulate(sub("logit_", "", rest)), design, method = "logit", df = df))
    return(list(lower = limits[1], upper = limits[2]))
  }
  if (kind == "by") {
    columns <- names(design$variables)
    by <- Filter(function(column) startsWith(rest, paste0(column, "_")), columns)[1]
    variable <- sub(paste0("^", by, "_"), "", rest)
    found <- svyby(reformulate(variable), reformulate(by), design, svymean, na.rm = TRUE)
    return(list(estimate = unname(coef(found)), se = unname(SE(found))))
  }
  found <- (if (kind == "mean") svymean else svytotal)(reformulate(rest), design, na.rm = TRUE)
  list(estimate = unname(coef(found)), se = as.numeric(SE(found)))
}

compared <- 0
differing <- 0
for (case in names(expected)) {
  told <- expected[[case]]
  options(
    survey.lonely.psu = told$options$survey.lonely.psu,
    survey.adjust.domain.lonely = told$options$survey.adjust.domain.lonely
  )
  design <- make_design(told$design)
  for (entry in told$entries) {
    if (entry$kind == "replicate" || !is.null(entry$error)) next
    changed <- change(design, entry)
    check <- function(what, then, now, tolerance = 1e-9, size = 0) {
      then <- suppressWarnings(as.numeric(unlist(then)))
      if (!length(then)) return()
      near <- abs(then - now) <= tolerance * abs(then) + 1e-9 * tolerance + 2e-10 * size
      near <- ifelse(is.na(then) | is.na(now), is.na(then) & is.na(now), near)
      compared <<- compared + length(then)
      differing <<- differing + sum(!near)
      if (any(!near)) cat(case, entry$call, what, format(then[!near][1], digits = 15),
                          format(now[!near][1], digits = 15), "\n")
    }
    check("weights", entry$weights, unname(weights(changed)))
    for (name in names(entry$est)) {
      then <- entry$est[[name]]
      if (!is.null(then$error)) next
      now <- tryCatch(estimate(changed, name, degf(changed)), error = function(problem) NULL)
      if (is.null(now)) { cat(case, entry$call, name, "fails here\n"); next }
      for (key in names(now)) {
        size <- if (key == "se") max(abs(now$estimate), na.rm = TRUE) else 0
        check(paste(name, key), then[[key]], now[[key]], if (grepl("ciprop", name)) 1e-6 else 1e-9, size)
      }
    }
  }
}
cat(compared, "numbers compared with R", format(getRversion()), "survey",
    format(packageVersion("survey")), "-", differing, "differ\n")
quit(status = as.integer(differing > 0))
