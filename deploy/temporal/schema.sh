#!/bin/sh
# Creates Temporal's two databases, or brings them up to the version of this image. Safe on every start.
# The SQL_* variables say where they are (temporal-sql-tool --help).
set -eu

for schema in temporal visibility; do
  database=temporal
  [ "$schema" = temporal ] || database=temporal_$schema
  export SQL_DATABASE=$database
  temporal-sql-tool create-database
  temporal-sql-tool setup-schema --version 0.0
  temporal-sql-tool update-schema --schema-name "postgresql/v12/$schema"
done
