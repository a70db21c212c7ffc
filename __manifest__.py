{
    "name": "Deadline Management",
    "summary": "Customer deadlines: contracts, licences and subscriptions that expire and are renewed",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "author": "Deadline Management contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": [
        "sale_management",
        "partnership",
        "website_sale",
        "base_automation",
    ],
}
