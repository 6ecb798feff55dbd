"""What the demo shop holds. Importable from the settings: no Django here."""

from __future__ import annotations

# Shown on the pages and typed into the examples: credentials of a shop that sells nothing.
CUSTOMER = "ada"
OTHER_CUSTOMER = "grace"
PARTNER = "corner-store"
# Writes tenants down in the admin, and may do all else there.
MANAGER = "manager"
PASSWORD = "playground"
PARTNER_KEY = "demo-partner-key"

# One order of each customer, under numbers that the playground's calls can name.
CUSTOMER_ORDER = 1001
OTHER_ORDER = 1002

# slug, name, description, price, stock
PRODUCTS = [
    ("enamel-mug", "Enamel mug", "Survives the campsite and the dishwasher.", "14.00", 5000),
    ("field-notebook", "Field notebook", "Dotted, 96 pages, rain-proof cover.", "9.50", 5000),
    ("wool-blanket", "Wool blanket", "Woven in one piece, 130 by 180 cm.", "89.00", 1200),
    ("pour-over", "Pour-over dripper", "Porcelain, for one large cup.", "24.00", 3000),
    ("linen-apron", "Linen apron", "Heavy linen, two deep pockets.", "42.00", 0),
]
