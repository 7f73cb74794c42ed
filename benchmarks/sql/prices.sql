-- What benchmarks ask by name.

-- name: price_by_country
-- The prices of each country, added up.
SELECT country, COUNT(*) AS items, SUM(cents) AS cents FROM benchmarks_price GROUP BY country ORDER BY country
