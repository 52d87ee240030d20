# Recompute every entry of expected.json from the csv files beside it and report the differences.
#
#   Rscript expected.R            (needs the packages survey and jsonlite)
#
# Exit status 1 if a number differs by more than a relative 1e-9.

suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "fail", warn = -1)
tolerance <- 1e-9

here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
expected <- jsonlite::fromJSON(file.path(here, "expected.json"), simplifyVector = FALSE)

read_design <- function(design) {
  sample <- read.csv(file.path(here, design$csv))
  names(sample)[names(sample) == design$strata] <- ".stratum"
  names(sample)[names(sample) == design$fpc] <- ".population"
  names(sample)[names(sample) == design$weights] <- ".weight"
  sample[[design$strata]] <- sample$.stratum
  svydesign(ids = ~1, strata = ~.stratum, fpc = ~.population, weights = ~.weight, data = sample)
}

in_domain <- function(design, entry) {
  if (is.null(entry$domain)) return(design)
  inside <- as.character(design$variables[[entry$domain]]) == entry$group
  design[inside, ]
}

variable <- function(entry) reformulate(entry$variable)

# the estimate over the whole sample that an entry, or the limits of an entry, is about
overall <- function(design, entry) {
  switch(sub("confint\\((.*)\\)", "\\1", entry$`function`),
    svymean = svymean(variable(entry), design, na.rm = TRUE, deff = TRUE),
    svytotal = svytotal(variable(entry), design, na.rm = TRUE, deff = TRUE),
    svyratio = svyratio(~e4num, ~appl4, design)
  )
}

# (without covmat = TRUE, which older versions refuse for a variable with NA; same numbers)
by_domain <- function(design, entry) {
  by <- reformulate(entry$domain)
  switch(entry$`function`,
    svyby_svymean = svyby(variable(entry), by, design, svymean, na.rm = TRUE),
    svyby_svytotal = svyby(variable(entry), by, design, svytotal, na.rm = TRUE),
    svyby_svyratio = svyby(~e4num, by, design, svyratio, denominator = ~appl4)
  )
}

recompute <- function(design, entry) {
  kind <- entry$`function`
  if (kind == "degf") {
    part <- in_domain(design, entry)
    return(list(df = degf(part), n = nrow(part)))
  }
  if (kind == "svyciprop") {
    part <- in_domain(design, entry)
    found <- svyciprop(
      variable(entry), part, method = entry$method, level = entry$level, na.rm = TRUE
    )
    limits <- as.numeric(attr(found, "ci"))
    return(list(
      estimate = as.numeric(found), se = sqrt(as.numeric(attr(found, "var"))),
      df = degf(part), lower = limits[1], upper = limits[2]
    ))
  }
  if (startsWith(kind, "svyby")) {
    found <- by_domain(design, entry)
    row <- match(entry$group, as.character(found[[entry$domain]]))
    answer <- list(estimate = as.numeric(coef(found))[row], se = as.numeric(SE(found))[row])
    if (kind != "svyby_svyratio") {
      limits <- confint(found, level = entry$level, df = degf(design))[row, ]
      answer <- c(answer, lower = limits[[1]], upper = limits[[2]])
    }
    return(answer)
  }
  found <- overall(design, entry)
  if (startsWith(kind, "confint")) {
    limits <- as.numeric(confint(found, level = entry$level, df = degf(design)))
    return(list(lower = limits[1], upper = limits[2]))
  }
  answer <- list(estimate = as.numeric(coef(found)), se = as.numeric(SE(found)), df = degf(design))
  if (kind != "svyratio") answer$deff <- as.numeric(deff(found))
  answer
}

same <- function(a, b) {
  if (is.na(a) || is.na(b)) return(is.na(a) && is.na(b))
  abs(a - b) <= tolerance * abs(a) + 1e-15
}

cat(R.version.string, "survey", as.character(packageVersion("survey")), "\n")
tally <- c(same = 0, different = 0, unknown_method = 0)
for (name in names(expected$datasets)) {
  design <- read_design(expected$datasets[[name]]$design)
  for (entry in expected$datasets[[name]]$entries) {
    found <- tryCatch(recompute(design, entry), error = conditionMessage)
    if (is.character(found)) {
      # "wilson" is missing from older versions of survey
      if (!grepl("should be one of", found)) stop(entry$call, ": ", found)
      tally["unknown_method"] <- tally["unknown_method"] + length(entry$expected)
      next
    }
    for (column in names(entry$expected)) {
      wanted <- suppressWarnings(as.numeric(entry$expected[[column]]))
      outcome <- if (same(wanted, found[[column]])) "same" else "different"
      tally[outcome] <- tally[outcome] + 1
      if (outcome == "different") {
        cat(name, entry$call, column, format(c(wanted, found[[column]]), digits = 15), "\n")
      }
    }
  }
}
print(tally)
quit(status = as.integer(tally["different"] > 0))
