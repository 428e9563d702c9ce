"""The cards of whom we know and what we sell: organisations, contacts, leads, categories and products."""

from crm.i18n import N_
from crm.records.card import Card
from db.models import Category, Contact, Lead, Organisation, Product

CARDS = (
    Card(
        model=Organisation,
        list="name sector city country lifecycle owner_id",
        pill="lifecycle",
        find="city country",
        form="name sector lifecycle website email phone city country",
        more="number source employees revenue_minor currency founded region parent_id owner_id team_id tags notes",
        facts="sector website employees revenue_minor founded parent_id source owner_id team_id tags",
        screen="organisations",
        page="organisation",
        avatars=True,
        empty=N_("Companies and bodies stand here. Add one, or import a file."),
    ),
    Card(
        model=Contact,
        list="name organisation_id email phone lifecycle owner_id",
        pill="lifecycle",
        find="email city",
        add="first_name last_name email phone organisation_id",
        form="first_name last_name email phone organisation_id job_title lifecycle",
        more="source segment birth_date gender city region country owner_id team_id number tags notes",
        later="name",
        facts="job_title organisation_id segment source birth_date owner_id team_id tags",
        screen="contacts",
        page="contact",
        avatars=True,
        empty=N_("People you sell to, work with or buy from stand here. Add one, or import a file."),
    ),
    Card(
        model=Lead,
        list="name company email source status score owner_id",
        pill="status",
        form="name company email phone source status score interest",
        more="campaign_id number owner_id team_id",
        screen="leads",
        page="leads",
        avatars=True,
        empty=N_("People who asked and are not customers yet stand here. Add one, or import a file."),
    ),
    Card(
        model=Category,
        list="name parent_id",
        form="name parent_id",
        facts="parent_id",
        beside="category",
        screen="categories",
        page="category",
        empty=N_("Groups of products stand here, one in another where that helps. Add one."),
    ),
    Card(
        model=Product,
        list="name code category_id list_price_minor is_active",
        form="name code category_id list_price_minor cost_minor currency is_active",
        more="owner_id team_id",
        facts="code category_id list_price_minor cost_minor is_active",
        beside="category",
        screen="products",
        page="product",
        empty=N_("What you sell stands here, with its list price. Add a product, or import a price list."),
    ),
)
