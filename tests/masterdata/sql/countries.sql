-- What tests of held rows ask by hand.

-- name: sizes
-- Code, name and size of each country.
SELECT code, name, size FROM masterdata_tests_country ORDER BY id

-- name: at_least
-- The same of countries from a size on.
SELECT code, name, size FROM masterdata_tests_country WHERE size >= %(size)s ORDER BY id
