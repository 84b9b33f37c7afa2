//! Points on the Earth: read from a document's `_geo`, and how far apart they are.

use serde_json::{Map, Value};

use crate::error::{ApiError, Code, Result};

/// The field that holds a document's point, and the two that its facets are kept under.
pub(crate) const FIELD: &str = "_geo";
pub(crate) const LAT: &str = "_geo.lat";
pub(crate) const LNG: &str = "_geo.lng";

/// Names that no document field may be sorted, ranked or filtered by.
pub(crate) fn is_reserved(name: &str) -> bool {
    [FIELD, "_geojson", "_geoDistance", "_geoPoint", "_geoRadius", "_geoBoundingBox", "_geoPolygon"]
        .contains(&name)
}

/// Degrees north and east.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) lat: f64,
    pub(crate) lng: f64,
}

impl Point {
    /// Meters along the surface, to the millimeter, by the haversine formula.
    pub(crate) fn distance(self, to: Point) -> f64 {
        let half = |angle: f64| (1.0 - angle.cos()) / 2.0;
        let (from_lat, to_lat) = (self.lat.to_radians(), to.lat.to_radians());
        let across = half(to.lng.to_radians() - self.lng.to_radians());
        let total = half(to_lat - from_lat) + from_lat.cos() * to_lat.cos() * across;
        (2.0 * 6_371_000.0 * total.sqrt().asin() * 1000.0).round() / 1000.0
    }

    /// The point of `document`, whose id is for the message.
    pub(crate) fn of_document(document: &Map<String, Value>, id: &str) -> Result<Option<Point>> {
        let id = Value::from(id);
        let bad = |text: String| Err(ApiError::new(Code::InvalidDocumentGeoField, text));
        let fields = match document.get(FIELD) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Object(fields)) => fields,
            Some(other) => {
                return bad(format!(
                    "The `_geo` field in the document with the id: `{id}` is not an object. Was expecting an object with the \
                     `_geo.lat` and `_geo.lng` fields but instead got `{other}`."
                ));
            }
        };
        let (lat, lng) = match (fields.get("lat"), fields.get("lng")) {
            (Some(lat), Some(lng)) => (lat, lng),
            (Some(_), None) => {
                return bad(format!(
                    "Could not find longitude in the document with the id: `{id}`. Was expecting a `_geo.lng` field."
                ));
            }
            (None, Some(_)) => {
                return bad(format!(
                    "Could not find latitude in the document with the id: `{id}`. Was expecting a `_geo.lat` field."
                ));
            }
            (None, None) => {
                return bad(format!(
                    "Could not find latitude nor longitude in the document with the id: `{id}`. Was expecting `_geo.lat` and \
                     `_geo.lng` fields."
                ));
            }
        };
        if fields.len() > 2 {
            let mut rest = fields.clone();
            rest.retain(|name, _| name != "lat" && name != "lng");
            return bad(format!(
                "The `_geo` field in the document with the id: `{id}` contains the following unexpected fields: `{}`.",
                Value::Object(rest)
            ));
        }
        match (finite(lat), finite(lng)) {
            (Some(lat), Some(lng)) => Ok(Some(Point { lat, lng })),
            (Some(_), None) => bad(format!(
                "Could not parse longitude in the document with the id: `{id}`. Was expecting a finite number but instead got \
                 `{lng}`."
            )),
            (None, Some(_)) => bad(format!(
                "Could not parse latitude in the document with the id: `{id}`. Was expecting a finite number but instead got \
                 `{lat}`."
            )),
            (None, None) => bad(format!(
                "Could not parse latitude nor longitude in the document with the id: `{id}`. Was expecting finite numbers but \
                 instead got `{lat}` and `{lng}`."
            )),
        }
    }

    /// The point of a document, where it has one that can be read.
    pub(crate) fn shown(document: &Map<String, Value>) -> Option<Point> {
        let geo = document.get(FIELD)?;
        Some(Point { lat: finite(geo.get("lat")?)?, lng: finite(geo.get("lng")?)? })
    }
}

/// A number, or text that is one.
fn finite(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

pub(crate) fn check_lat(lat: f64) -> Result<(), String> {
    if (-90.0..=90.0).contains(&lat) {
        return Ok(());
    }
    Err(format!("Bad latitude `{lat}`. Latitude must be contained between -90 and 90 degrees."))
}

pub(crate) fn check_lng(lng: f64) -> Result<(), String> {
    if (-180.0..=180.0).contains(&lng) {
        return Ok(());
    }
    let inside = (lng + 180.0).rem_euclid(360.0) - 180.0;
    Err(format!(
        "Bad longitude `{lng}`. Longitude must be contained between -180 and 180 degrees. Hint: try using `{inside}` instead."
    ))
}
