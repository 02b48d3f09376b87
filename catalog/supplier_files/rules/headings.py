"""What suppliers write above their columns, in English, German and French.

Headings are normalised: lower case, no accents, letters and digits only. A word with a question
mark may mean something else as well.
"""

from typing import Final

_CODE_WORDS: Final = {
    "sku": "sku ourcode oursku internalcode eigeneartikelnummer unsereartikelnummer",
    "supplier_code": (
        "suppliercode suppliersku supplieritem supplierref supplierreference vendorcode "
        "vendorsku article articleno articlenumber articlecode artno itemno itemnumber "
        "itemcode item? productcode productno productnumber productid ref reference "
        "referencefournisseur mpn partnumber stylecode style? stockcode artikelnummer "
        "artikelnr artnr artikel? artikelcode bestellnummer bestellnr "
        "lieferantenartikelnummer lieferantenartikelnr herstellernr codearticle "
        "codeproduit refarticle refproduit numeroarticle"
    ),
    "gtin": (
        "gtin gtin8 gtin12 gtin13 gtin14 ean ean8 ean13 eancode upc upca upccode barcode "
        "barcodes strichcode codebarre codebarres codeean codebarresean gencod eannummer "
        "eannr gtinean eangtin barcodeean eanupc"
    ),
}
PRODUCT_WORDS: Final = {
    **_CODE_WORDS,
    "kind": "kind type? productkind productgroup? art? produktart warenart genre? sortiment",
    "name": (
        "name productname producttitle title description? productdescription itemname "
        "label? designation bezeichnung artikelbezeichnung produktname produktbezeichnung "
        "artikelname beschreibung? libelle nom nomproduit nomduproduit intitule descricao"
    ),
    "brand": "brand brandname marke markenname marque manufacturer? hersteller? fabricant?",
    "category": (
        "category categories productcategory kategorie warengruppe categorie famille "
        "rubrique breadcrumbs"
    ),
    "size": "size sizes groesse grosse konfektionsgroesse taille pointure",
    "colour": "colour color colours colors colourname colorname farbe couleur coloris",
    "shade": "shade shades shadename farbton nuance teinte ton",
    "content": (
        "content contents netcontent netcontents nettoinhalt inhalt fuellmenge fullmenge "
        "nennfuellmenge nennfullmenge volume contenu contenance netweight nettogewicht "
        "packsize sizetext"
    ),
    "ingredients": (
        "ingredients ingredient inci incilist ingredientlist ingredientstext "
        "inhaltsstoffe bestandteile zutaten composition? ingredientes listeinci"
    ),
    "product_type": (
        "producttype leaveonrinseoff rinseoff leaveon applicationtype produkttyp "
        "anwendungsart typedeproduit typeproduit"
    ),
    "pao_months": (
        "paomonths pao periodafteropening periodafteropeningmonths openjar "
        "haltbarkeitnachoeffnen haltbarkeitnachoffnen haltbarkeitnachdemoeffnen "
        "haltbarkeitnachdemoffnen"
    ),
    "shelf_life_days": (
        "shelflifedays shelflife haltbarkeit haltbarkeittage haltbarkeitintagen "
        "mindesthaltbarkeittage dureedevie dureeconservation dureedeconservation"
    ),
    "sport": "sport sports activity sportart discipline",
    "materials": (
        "materials material fabric materialcomposition zusammensetzung materialien "
        "materialzusammensetzung matiere matieres matiereprincipale materialsintext"
    ),
    "cost_price": (
        "costprice cost costs unitcost purchaseprice buyingprice netprice wholesale "
        "wholesaleprice whsl ek ekpreis ekp einkaufspreis nettopreis ekpreisnetto eknetto "
        "prixachat prixdachat prixachatht pa paht"
    ),
    "list_price": (
        "listprice price? rrp srp msrp retailprice retail sellingprice salesprice "
        "unitprice? pricetext vk vkpreis verkaufspreis uvp listenpreis preis? ladenpreis "
        "uvpbrutto prix? prixdevente prixpublic pvp pvc pvttc prixttc prixconseille"
    ),
    "currency": "currency currencycode curr waehrung wahrung devise monnaie",
}
DELIVERY_WORDS: Final = {
    "code": " ".join(("code", *_CODE_WORDS.values())),
    "lot": (
        "lot lots lotno lotnumber lotcode lotnr batch batchno batchnumber batchcode "
        "charge chargennummer chargennr chargenr chargencode losnummer losnr los "
        "numerodelot nlot nolot numlot"
    ),
    "produced_on": (
        "producedon produced productiondate proddate manufacturedon manufacturingdate "
        "manufacturedate mfgdate mfd mfgd dateofmanufacture herstelldatum "
        "herstellungsdatum produktionsdatum produziertam datedefabrication "
        "datefabrication datedeproduction fabriquele"
    ),
    "expires_on": (
        "expireson expires expiry expirydate expirationdate expiration exp expdate "
        "bestbefore bestbeforedate bestbeforeend bbe bbd bb bbdate useby usebydate mhd "
        "mindesthaltbarkeitsdatum haltbarbis mindestenshaltbarbis verfallsdatum "
        "verfalldatum ablaufdatum dluo dlc ddm dateexpiration datedexpiration "
        "dateperemption datedeperemption datelimite"
    ),
    "quantity": (
        "quantity qty quant pieces pcs units? count? shippedqty deliveredqty qtyshipped "
        "quantitydelivered quantityshipped deliveredquantity menge stueck stuck stk "
        "anzahl liefermenge quantite qte nombre"
    ),
    "unit": "unit uom unitofmeasure einheit mengeneinheit me unite unitedemesure",
    "unit_cost": (
        "unitcost costperunit cost costprice unitprice price purchaseprice netprice ek "
        "ekpreis ekp einkaufspreis einzelpreis stueckpreis stuckpreis nettopreis preis "
        "prixunitaire prixachat prixdachat pu puht prix"
    ),
    "currency": PRODUCT_WORDS["currency"],
}
