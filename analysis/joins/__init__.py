"""Joins: several sources, one person.

    log, account = with_attributes(log, table("users.csv"), "user_id")     what is known of users
    log, account = with_identities(log, table("ids.csv"), "user", "phone")  ids that are one person's
    log, account = with_catalogue(log, table("items.csv"), "sku", "item")   what is known of products
    spend = spend_of(table("ads.csv"), day="date", cost="cost")             what campaigns cost

Each makes a new log beside the old one and says what became of every row; `guess_key` says by which
column a table fits, and a `Join` is such a step as a value that can be kept.
"""

from analysis.joins.attributes import AttributesAccount as AttributesAccount
from analysis.joins.attributes import with_attributes as with_attributes
from analysis.joins.catalogue import CatalogueAccount as CatalogueAccount
from analysis.joins.catalogue import with_catalogue as with_catalogue
from analysis.joins.identities import IdentitiesAccount as IdentitiesAccount
from analysis.joins.identities import with_identities as with_identities
from analysis.joins.join import Append as Append
from analysis.joins.join import Join as Join
from analysis.joins.join import JoinAccount as JoinAccount
from analysis.joins.join import JoinKind as JoinKind
from analysis.joins.join import apply as apply
from analysis.joins.keys import Key as Key
from analysis.joins.keys import guess_key as guess_key
from analysis.joins.spend import Spend as Spend
from analysis.joins.spend import SpendAccount as SpendAccount
from analysis.joins.spend import match as match
from analysis.joins.spend import spend_of as spend_of
from analysis.joins.tables import TableRead as TableRead
from analysis.joins.tables import read_table as read_table
from analysis.joins.tables import table as table
