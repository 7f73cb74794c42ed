-- Queries of the tests; 100 % of them are called.

-- name: larger_than
-- What is larger than a size.
-- Sorted by a field.
SELECT id, title, size FROM t -- a comment: 50 % (of; it)
WHERE size > %(size)s AND title NOT LIKE '100%%'
ORDER BY {sort};

-- name: by_keys
SELECT id, title FROM t WHERE id IN %(ids)s ORDER BY id

-- name: all_of_them
SELECT id, title, size, price, is_new, details, 'x' AS word, COUNT(*) OVER () AS n
FROM t ORDER BY id
