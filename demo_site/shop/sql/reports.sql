-- What the shop reports and reprices.

-- name: sales_by_label
-- Artists, pieces sold and revenue of each label, those without a sale too.
SELECT
    label.name AS label,
    (SELECT COUNT(*) FROM shop_artist AS artist WHERE artist.label_id = label.id) AS artists,
    COALESCE(sold.pieces, 0) AS pieces,
    COALESCE(sold.revenue, 0) AS revenue
FROM shop_label AS label
LEFT JOIN (
    SELECT
        artist.label_id AS label_id,
        SUM(line.quantity) AS pieces,
        SUM(line.quantity * line.price) AS revenue
    FROM shop_orderline AS line
    JOIN shop_product AS product ON product.id = line.product_id
    JOIN shop_album AS album ON album.id = product.album_id
    JOIN shop_artist AS artist ON artist.id = album.artist_id
    GROUP BY artist.label_id
) AS sold ON sold.label_id = label.id
ORDER BY {sort}

-- name: slow_sellers
-- The albums of which the fewest pieces were sold, oldest first.
SELECT album.*
FROM shop_album AS album
LEFT JOIN shop_product AS product ON product.album_id = album.id
LEFT JOIN shop_orderline AS line ON line.product_id = product.id
GROUP BY album.id
ORDER BY COALESCE(SUM(line.quantity), 0), album.released, album.id
LIMIT %(most)s
