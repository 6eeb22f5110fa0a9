/// What an organization trades in, which decides its documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trade {
    Clinic,
    Shop,
    Freight,
    School,
    Hotel,
    Workshop,
    Energy,
}

pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) display_name: Option<&'static str>,
    pub(super) admin_email: &'static str,
    pub(super) trade: Trade,
}

const fn entry(
    name: &'static str,
    display_name: &'static str,
    admin_email: &'static str,
    trade: Trade,
) -> Entry {
    let display_name = if display_name.is_empty() { None } else { Some(display_name) };
    Entry { name, display_name, admin_email, trade }
}

/// Unsorted by any column of a list. Append new ones: the place decides the id.
#[rustfmt::skip]
pub(super) const ORGANIZATIONS: [Entry; 60] = [
    entry("harbor-view-clinic", "Harbor View Clinic", "helena.brandt@harborview.example", Trade::Clinic),
    entry("kestrel-freight", "Kestrel Freight", "dispatch@kestrel-freight.example", Trade::Freight),
    entry("olive-and-thyme", "Olive & Thyme", "marta@oliveandthyme.example", Trade::Shop),
    entry("sakura-hospitality", "桜ホスピタリティ", "yuki.tanabe@sakura-stay.example", Trade::Hotel),
    entry("brightwater-school", "Brightwater School", "office@brightwater.example", Trade::School),
    entry("lindqvist-verkstad", "Lindqvist Verkstad AB", "anders@lindqvist-verkstad.example", Trade::Workshop),
    entry("old-mill-books", "", "orders@oldmillbooks.example", Trade::Shop),
    entry("polar-logistics", "Polar Logistics", "ops@polar-logistics.example", Trade::Freight),
    entry("meridian-dental", "Meridian Dental Group", "t.okafor@meridiandental.example", Trade::Clinic),
    entry("sonnenfeld-energie", "Sonnenfeld Energie", "verwaltung@sonnenfeld.example", Trade::Energy),
    entry("casa-azul-hotels", "Casa Azul Hotels", "lucia.reyes@casaazul.example", Trade::Hotel),
    entry("juniper-academy", "Juniper Academy", "registrar@juniper-academy.example", Trade::School),
    entry("tundra-outfitters", "Tundra Outfitters", "sales@tundra-outfitters.example", Trade::Shop),
    entry("riverside-physio", "Riverside Physiotherapy", "frontdesk@riversidephysio.example", Trade::Clinic),
    entry("dolina-transport", "Долина Транспорт", "irina.volkova@dolina-transport.example", Trade::Freight),
    entry("copper-kettle", "", "hello@copperkettle.example", Trade::Shop),
    entry("atlas-machine-works", "Atlas Machine Works", "maintenance@atlasmachine.example", Trade::Workshop),
    entry("blue-heron-inn", "Blue Heron Inn", "reservations@blueheron.example", Trade::Hotel),
    entry("westbrook-pediatrics", "Westbrook Pediatrics", "nadia.haddad@westbrook-peds.example", Trade::Clinic),
    entry("tidewater-power", "Tidewater Power Co-op", "meters@tidewaterpower.example", Trade::Energy),
    entry("fern-and-finch", "Fern & Finch", "ines@fernandfinch.example", Trade::Shop),
    entry("cedar-grove-college", "Cedar Grove College", "admissions@cedargrove.example", Trade::School),
    entry("northlight-optics", "Northlight Optics", "lab@northlight-optics.example", Trade::Workshop),
    entry("ocean-cargo", "오션카고", "minjun.seo@oceancargo.example", Trade::Freight),
    entry("alpenblick-hotels", "Alpenblick Hotels", "rezeption@alpenblick.example", Trade::Hotel),
    entry("summit-orthopedics", "Summit Orthopedics", "scheduling@summit-ortho.example", Trade::Clinic),
    entry("paper-lantern", "", "wei@paperlantern.example", Trade::Shop),
    entry("gulfstream-couriers", "Gulfstream Couriers", "control@gulfstream-couriers.example", Trade::Freight),
    entry("nile-valley-solar", "وادي النيل للطاقة الشمسية", "omar.farouk@nilevalleysolar.example", Trade::Energy),
    entry("maple-street-bakery", "Maple Street Bakery", "orders@maplestreet.example", Trade::Shop),
    entry("ironbridge-garage", "Ironbridge Garage", "bookings@ironbridge-garage.example", Trade::Workshop),
    entry("saint-clare-hospice", "Saint Clare Hospice", "care@saintclare.example", Trade::Clinic),
    entry("lakeshore-montessori", "Lakeshore Montessori", "emma.lund@lakeshore.example", Trade::School),
    entry("granite-peak-lodge", "Granite Peak Lodge", "stay@granitepeak.example", Trade::Hotel),
    entry("quayside-imports", "Quayside Imports", "customs@quayside-imports.example", Trade::Freight),
    entry("verde-market", "Verde Market", "paulo.mendes@verdemarket.example", Trade::Shop),
    entry("aegean-hotels", "Αιγαίο Ξενοδοχεία", "eleni.pappas@aegeanhotels.example", Trade::Hotel),
    entry("redwood-veterinary", "Redwood Veterinary", "desk@redwoodvet.example", Trade::Clinic),
    entry("kiln-and-clay", "", "studio@kilnandclay.example", Trade::Shop),
    entry("highland-wind", "Highland Wind", "grid@highlandwind.example", Trade::Energy),
    entry("swift-parcel", "Swift Parcel", "support@swiftparcel.example", Trade::Freight),
    entry("orchard-primary", "Orchard Primary School", "office@orchardprimary.example", Trade::School),
    entry("vistula-robotics", "Vistula Robotics Sp. z o.o.", "serwis@vistula-robotics.example", Trade::Workshop),
    entry("pearl-river-trading", "珠江贸易", "lin.chen@pearlriver.example", Trade::Shop),
    entry("dunes-resort", "Dunes Resort & Spa", "frontoffice@dunesresort.example", Trade::Hotel),
    entry("family-care-lyon", "Cabinet Médical de la Croix-Rousse", "secretariat@familycare-lyon.example", Trade::Clinic),
    entry("bayou-seafood", "Bayou Seafood", "catch@bayouseafood.example", Trade::Shop),
    entry("steppe-rail", "Steppe Rail Forwarding", "aigerim@stepperail.example", Trade::Freight),
    entry("coppice-furniture", "Coppice Furniture Makers", "workshop@coppice.example", Trade::Workshop),
    entry("silver-birch-school", "Silver Birch Steiner School", "admin@silverbirch.example", Trade::School),
    entry("city-light-utilities", "City Light Utilities", "billing@citylight.example", Trade::Energy),
    entry("monsoon-textiles", "मानसून टेक्सटाइल्स", "priya.nair@monsoon-textiles.example", Trade::Shop),
    entry("evergreen-eye-care", "Evergreen Eye Care", "reception@evergreen-eye.example", Trade::Clinic),
    entry("lighthouse-hostels", "", "booking@lighthousehostels.example", Trade::Hotel),
    entry("delta-cold-chain", "Delta Cold Chain", "tracking@deltacold.example", Trade::Freight),
    entry("fjord-geothermal", "Fjord Geothermal", "sigrun@fjordgeo.example", Trade::Energy),
    entry("bramble-toys", "Bramble Toys", "warehouse@brambletoys.example", Trade::Shop),
    entry("prairie-tech-institute", "Prairie Technical Institute", "records@prairietech.example", Trade::School),
    entry("anvil-and-arc", "Anvil & Arc Fabrication", "jobs@anvilandarc.example", Trade::Workshop),
    entry("camellia-wellness", "Camellia Wellness", "mai.pham@camelliawellness.example", Trade::Clinic),
];
