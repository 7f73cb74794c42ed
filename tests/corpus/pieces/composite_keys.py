"""Keys of several columns: Django's own and those of queryaudit.composite."""

from tests.corpus.data import chunks
from tests.corpus.models import Branch, Clerk, Hall, Seat, Show
from tests.corpus.scenario import matches, scenario

clean = scenario(kind="clean")

HALLS = [("Oslo", 1), ("Rome", 2), ("Lima", 1), ("Lima", 2)]
CODES = [1, 3, 5]


@scenario(
    kind="n_plus_one",
    relation="corpus.Hall",
    fix="Hall.objects.in_bulk(keys)",
    left=1,
    queryset=None,
)
class GetByKey:
    @staticmethod
    def wrong() -> object:
        return [
            Hall.objects.get(pk=key).seats  # use
            for key in HALLS
        ]

    @staticmethod
    def right() -> object:
        halls = Hall.objects.in_bulk(HALLS)
        return [halls[key].seats for key in HALLS]


@scenario(
    kind="n_plus_one",
    relation="corpus.Hall",
    fix="Hall.objects.in_bulk(keys)",
    left=1,
    queryset=None,
)
class GetByTextOfKey:
    @staticmethod
    def wrong() -> object:
        return [
            Hall.objects.get(pk=f"{city},{number}").seats  # use
            for city, number in HALLS
        ]

    @staticmethod
    def right() -> object:
        halls = Hall.objects.in_bulk([f"{city},{number}" for city, number in HALLS])
        return [halls[key].seats for key in HALLS]


@scenario(
    kind="n_plus_one",
    relation="corpus.Hall",
    fix="Hall.objects.in_bulk(keys)",
    left=1,
    queryset=None,
)
class GetByEveryColumn:
    @staticmethod
    def wrong() -> object:
        return [
            Hall.objects.get(city=city, number=number).seats  # use
            for city, number in HALLS
        ]

    @staticmethod
    def right() -> object:
        halls = Hall.objects.in_bulk(HALLS)
        return [halls[key].seats for key in HALLS]


@scenario(
    kind="n_plus_one",
    relation="corpus.Branch",
    fix="Branch.objects.in_bulk(keys)",
    left=1,
    queryset=None,
)
class GetByDjangosKey:
    @staticmethod
    def wrong() -> object:
        return [
            Branch.objects.get(pk=(1, code)).city  # use
            for code in CODES
        ]

    @staticmethod
    def right() -> object:
        found = Branch.objects.in_bulk([(1, code) for code in CODES])
        return [found[1, code].city for code in CODES]


@scenario(
    kind="n_plus_one",
    relation="corpus.Branch",
    fix="Branch.objects.filter(code__in=values, company=1)",
    left=1,
    queryset=None,
)
class GetByOneColumnThatVaries:
    @staticmethod
    def wrong() -> object:
        return [
            Branch.objects.get(company=1, code=code).city  # use
            for code in CODES
        ]

    @staticmethod
    def right() -> object:
        found = {b.code: b for b in Branch.objects.filter(code__in=CODES, company=1)}
        return [found[code].city for code in CODES]


@scenario(
    kind="n_plus_one",
    relation="corpus.Hall",
    fix='set(Hall.objects.filter(pk__in=values).values_list("pk", flat=True))',
    left=1,
    queryset=None,
)
class ExistsByNameWithCommas:
    @staticmethod
    def wrong() -> object:
        return [
            Hall.objects.filter(**{"city,number": key}).exists()  # use
            for key in HALLS
        ]

    @staticmethod
    def right() -> object:
        found = set(Hall.objects.filter(pk__in=HALLS).values_list("pk", flat=True))
        return [key in found for key in HALLS]


@scenario(
    kind="n_plus_one",
    relation="corpus.Show",
    fix="Show.objects.filter(hall__in=values)",
    left=1,
    queryset=None,
)
class SetByItsColumns:
    """The columns of a reference name the reference."""

    @staticmethod
    def wrong() -> object:
        return [
            {show.title for show in Show.objects.filter(city=city, hall_no=number)}  # use
            for city, number in HALLS
        ]

    @staticmethod
    def right() -> object:
        titles: dict[tuple[str, int], set[str]] = {key: set() for key in HALLS}
        for show in Show.objects.filter(hall__in=HALLS):
            titles[show.city, show.hall_no].add(show.title)
        return [titles[key] for key in HALLS]


@scenario(
    kind="n_plus_one",
    relation="corpus.Clerk",
    fix="Clerk.objects.filter(branch__in=values)",
    left=1,
    queryset=None,
)
class SetByColumnsOfDjangosReference:
    @staticmethod
    def wrong() -> object:
        return [
            {clerk.name for clerk in Clerk.objects.filter(company=company, branch_code=code)}  # use
            for company, code in ((1, 1), (2, 1), (1, 2))
        ]

    @staticmethod
    def right() -> object:
        keys = [(1, 1), (2, 1), (1, 2)]
        names: dict[tuple[int, int], set[str]] = {key: set() for key in keys}
        for clerk in Clerk.objects.filter(branch__in=keys):
            names[clerk.company, clerk.branch_code].add(clerk.name)
        return [names[key] for key in keys]


@scenario(
    kind="n_plus_one",
    relation="corpus.Seat",
    fix='Seat.objects.filter(**{"city,row__in": values}, is_broken=True)',
    left=1,
    queryset=None,
)
class ColumnsThatAreNoKey:
    @staticmethod
    def wrong() -> object:
        return [
            len(Seat.objects.filter(city=city, row=row, is_broken=True))  # use
            for city, row in HALLS
        ]

    @staticmethod
    def right() -> object:
        seats = Seat.objects.filter(**{"city,row__in": HALLS}, is_broken=True)
        found = [(seat.city, seat.row) for seat in seats]
        return [found.count(key) for key in HALLS]


@scenario(kind="n_plus_one", relation="corpus.Show.hall", fix='.select_related("hall")', left=1)
class Reference:
    @staticmethod
    def wrong() -> object:
        return [
            show.hall.seats  # use
            for show in Show.objects.order_by("pk")  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [show.hall.seats for show in Show.objects.order_by("pk").select_related("hall")]


@scenario(kind="n_plus_one", relation="corpus.Show.hall", fix="(city, hall_no)", left=1)
class KeyOfAReference:
    @staticmethod
    def wrong() -> object:
        return [
            show.hall.pk  # use
            for show in Show.objects.order_by("pk")  # queryset
        ]

    @staticmethod
    def right() -> object:
        return [(show.city, show.hall_no) for show in Show.objects.order_by("pk")]


@scenario(kind="n_plus_one", relation="corpus.Hall.shows", fix='.prefetch_related("shows")', left=2)
class SetOfReferences:
    @staticmethod
    def wrong() -> object:
        return [
            {show.title for show in hall.shows.all()}  # use
            for hall in Hall.objects.order_by("pk")  # queryset
        ]

    @staticmethod
    def right() -> object:
        halls = Hall.objects.order_by("pk").prefetch_related("shows")
        return [{show.title for show in hall.shows.all()} for hall in halls]


@scenario(
    kind="write_in_loop",
    relation="corpus.Seat",
    fix="Seat.objects.filter(hall__in=values, is_broken=True).delete()",
    left=1,
    queryset=None,
)
class DeleteKeepsItsConditions:
    @staticmethod
    def wrong() -> object:
        for city, number in HALLS:
            Seat.objects.filter(city=city, hall_no=number, is_broken=True).delete()  # use
        return True

    @staticmethod
    def right() -> object:
        Seat.objects.filter(hall__in=HALLS, is_broken=True).delete()
        return True

    @staticmethod
    def result() -> object:
        return [*Seat.objects.order_by("pk").values_list("pk", flat=True)]


@scenario(
    kind="write_in_loop",
    relation="corpus.Hall",
    fix="Hall.objects.filter(number__in=values, city='Oslo').delete()",
    left=None,
    queryset=None,
)
class DeleteOfACascade:
    """The rows that the line is about, not those that go with them."""

    @staticmethod
    def wrong() -> object:
        for number in (1, 2):
            Hall.objects.filter(number=number, city="Oslo").delete()  # use
        return True

    @staticmethod
    def right() -> object:
        Hall.objects.filter(number__in=(1, 2), city="Oslo").delete()
        return True

    @staticmethod
    def result() -> object:
        return [*Seat.objects.order_by("pk").values_list("pk", flat=True)]


@scenario(
    kind="write_in_loop",
    relation="corpus.Hall",
    fix=matches(r"Hall\.objects\.bulk_update\("),
    left=2,
    queryset=None,
)
class SaveOfEachRow:
    @staticmethod
    def wrong() -> object:
        for number, hall in enumerate(Hall.objects.order_by("pk")):
            hall.seats = number
            hall.save()  # use
        return True

    @staticmethod
    def right() -> object:
        halls = list(Hall.objects.order_by("pk"))
        for number, hall in enumerate(halls):
            hall.seats = number
        Hall.objects.bulk_update(halls, ["seats"])
        return True

    @staticmethod
    def result() -> object:
        return [*Hall.objects.order_by("pk").values_list("seats")]


@clean
class ReadsInChunks:
    @staticmethod
    def right() -> object:
        found = [hall for keys in chunks(HALLS, 2) for hall in Hall.objects.filter(pk__in=keys)]
        return {hall.pk for hall in found}


@clean
class ReadsOfDjangosKeysInChunks:
    @staticmethod
    def right() -> object:
        keys = [(1, code) for code in range(1, 7)]
        found = [row for part in chunks(keys, 2) for row in Branch.objects.filter(pk__in=part)]
        return {row.pk for row in found}


@clean
class DeletesInChunks:
    @staticmethod
    def right() -> object:
        for keys in chunks(HALLS, 2):
            Show.objects.filter(hall__in=keys).delete()
        return Show.objects.count()
