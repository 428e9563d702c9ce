import pytest

from crm.exchange.asking.mapping import LIKELY, SURE, guess_columns, guess_entity
from crm.exchange.entities import entity as entity_of_file
from crm.exchange.files.reading import read_table
from crm.records import registry


def table(text, name=""):
    return read_table(text.encode(), name=name)


def fields(guess):
    return {column.column: column.field for column in guess}


ACCOUNTS = table(
    "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
    "Acme Corporation,technolgy,1996,1100.04,2822,United States,\nBluth,software,1993,1242.32,3027,Kenya,Acme\n",
    name="accounts.csv",
)
DEALS = table(
    "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
    "1C1I7A6R,Moses Frase,GTX Basic,Cancity,Won,2016-10-20,2017-03-01,1054\n",
    name="sales_pipeline.csv",
)


@pytest.mark.parametrize(("source", "entity"), [(ACCOUNTS, "organisation"), (DEALS, "deal")])
def test_the_entity_of_an_export_is_guessed(source, entity):
    guesses = guess_entity(source, registry.entities())

    assert guesses[0].entity == entity
    assert guesses[0].score > guesses[1].score


def test_columns_find_their_fields():
    assert fields(guess_columns(ACCOUNTS, registry.entity("organisation"))) == {
        "account": "name",
        "sector": "sector",
        "year_established": "founded",
        "revenue": "revenue_minor",
        "employees": "employees",
        "office_location": "country",
        "subsidiary_of": "parent_id",
    }


def test_headers_in_another_language_are_understood():
    source = table(
        "Vorname;Nachname;Firma;E-Mail;Tel.;Ort;Opt-in;Stand;Bemerkung\n"
        "Ana;Olivares;Casa Olivares;ana@casa.example;+351 22 555 01 42;Porto;ja;H4-118;möchte Anruf im Mai\n"
    )

    guess = guess_entity(source, registry.entities())[0]

    assert guess.entity == "contact"
    assert fields(guess.columns) == {
        "Vorname": "first_name",
        "Nachname": "last_name",
        "Firma": "organisation_id",
        "E-Mail": "email",
        "Tel.": "phone",
        "Ort": "city",
        "Opt-in": "",
        "Stand": "",
        "Bemerkung": "notes",
    }
    assert all(column.confidence >= SURE for column in guess.columns if column.field)


@pytest.mark.parametrize(
    "header",
    [
        "Artikelnummer;Bezeichnung;Verkaufspreis;Einkaufspreis;Warengruppe",
        "Référence article;Désignation;Prix de vente;Prix d'achat;Famille",
        "Art.nr;Omschrijving;Verkoopprijs;Inkoopprijs;Categorie",
        "Varenr;Beskrivelse;Salgspris;Kostpris;Varegruppe",
        "Código de artículo;Descripción;Precio de venta;Coste;Familia",
    ],
)
def test_a_price_list_in_another_language_is_one_of_products(header):
    guess = guess_entity(table(f"{header}\nA1;Mill;1.200,00;900,00;Devices\n"), registry.entities())[0]

    assert guess.entity == "product"
    told = [column.field for column in guess.columns]
    assert told == ["code", "name", "list_price_minor", "cost_minor", "category_id"]


def test_a_description_of_a_deal_names_no_product():
    source = table("Titel;Beløb;Fase;Beskrivelse\nGrinder;1.200,00;Negotiation;Ring i maj\n")

    assert fields(guess_columns(source, registry.entity("deal")))["Beskrivelse"] == "notes"


def test_addresses_are_found_by_content_alone():
    guesses = guess_columns(table("Name,Kontakt\nAna,a@b.de\nBo,b@c.de\n"), registry.entity("contact"))

    assert fields(guesses) == {"Name": "name", "Kontakt": "email"}
    assert LIKELY <= guesses[1].confidence < SURE


def test_no_field_is_given_twice():
    guesses = guess_columns(
        table("Phone,Telephone,Mobile\n+49301234567,+49301234568,+49301234569\n"), registry.entity("contact")
    )

    given = [guess.field for guess in guesses if guess.field]
    assert len(given) == len(set(given))


def test_a_date_column_is_not_taken_for_an_amount():
    guesses = guess_columns(table("title,close value\nA,2024-01-01\nB,2024-01-02\n"), registry.entity("deal"))

    assert fields(guesses)["close value"] != "amount_minor"


@pytest.mark.parametrize(
    ("name", "header", "row", "entity", "wanted"),
    [
        (
            "OnlineRetail.csv",
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
            "536365,85123A,HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom",
            "order_line",
            {"InvoiceNo": "order_id", "StockCode": "product_id", "CustomerID": "contact_id"},
        ),
        (
            "hubspot-companies.csv",
            "Record ID,Company name,Company owner,Country/Region,Company Domain Name,Annual Revenue",
            "99,HubSpot,Jane Rep,United States,hubspot.com,1000000",
            "organisation",
            {"Record ID": "number", "Country/Region": "country", "Company Domain Name": "website"},
        ),
        (
            "Opportunities Advanced Find View.csv",
            "(Do Not Modify) Opportunity,Topic,Account,Est. Close Date,Est. Revenue,Owner",
            "guid,10 machines,Contoso,6/30/2021,$1,Jane",
            "deal",
            {
                "(Do Not Modify) Opportunity": "number",
                "Topic": "title",
                "Est. Close Date": "expected_close_on",
            },
        ),
        (
            "products.csv",
            "Product Code,Product Name,Product Family,List Price,Description",
            "P1,GC5040,Generators,85000,Loud",
            "product",
            {
                "Product Code": "code",
                "Product Name": "name",
                "Product Family": "category_id",
                "Description": "",
            },
        ),
        (
            "Orders.csv",
            "OrderID,CustomerID,OrderDate,ShippedDate,ShipCity",
            "10248,VINET,1996-07-04,1996-07-16,Reims",
            "order",
            {"OrderID": "number", "OrderDate": "ordered_on", "ShippedDate": "shipped_on", "ShipCity": "city"},
        ),
    ],
)
def test_exports_of_well_known_programs_are_understood(name, header, row, entity, wanted):
    source = table(f"{header}\n{row}\n", name=name)

    best = guess_entity(source, registry.entities())[0]

    assert best.entity == entity
    assert {column: field for column, field in fields(best.columns).items() if column in wanted} == wanted


def test_numbered_values_beside_their_labels_come_in_their_order():
    source = table(
        "First Name,Last Name,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,"
        "Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\n"
        "Ida,Holm,Work,ida@holm.example,Home,home@holm.example,Mobile,+45 33 12 34 56,Work,"
        "+45 33 12 34 57 ::: +45 33 12 34 58\n"
        "Per,Dahl,Work,per@dahl.example,,,Mobile,+47 22 12 34 56,,\n"
    )
    found = fields(guess_columns(source, entity_of_file("contact")))

    assert {name: found[name] for name in found if name.endswith("Value")} == {
        "E-mail 1 - Value": "email",
        "E-mail 2 - Value": "email_2",
        "Phone 1 - Value": "phone",
        "Phone 2 - Value": "phone_2",
    }


@pytest.mark.parametrize("column", ["Abteilung", "Department", "Afdeling"])
def test_a_department_of_theirs_is_no_team_of_ours(column):
    source = table(f"Name,E-mail,{column}\nIda Holm,ida@holm.example,Service\n")

    assert fields(guess_columns(source, registry.entity("contact")))[column] != "team_id"
