//! Filters by place: the documents whose point lies in a circle or a box.

use std::ops::Bound;

use roaring::RoaringBitmap;

use super::evaluate::unfilterable;
use super::parser::{Area, Field};
use crate::error::{ApiError, Code, Result};
use crate::geo::{self, Point};
use crate::index::Snapshot;

pub(super) fn evaluate(snapshot: &Snapshot, area: &Area, code: Code) -> Result<RoaringBitmap> {
    match area {
        Area::Circle { center, radius, resolution } => {
            let from = point(center, code)?;
            let meters = number(radius, code)?;
            if let Some(resolution) = resolution {
                // Of use for shapes only, which this index does not keep; checked all the same.
                let sides = number(resolution, code)? as usize;
                if !(3..=1000).contains(&sides) {
                    let text =
                        format!("Invalid resolution `{sides}`. Resolution must be between 3 and 1000.");
                    return Err(resolution.error(code, &text));
                }
            }
            check(snapshot, &center[0], code)?;
            let near =
                |(docid, at): (u32, Point)| (from.distance(at) <= meters + f64::EPSILON).then_some(docid);
            Ok(snapshot.points(&snapshot.docids)?.into_iter().filter_map(near).collect())
        }
        Area::Box { corners: [top_right, bottom_left] } => {
            let (top, bottom) = (point(top_right, code)?, point(bottom_left, code)?);
            if top.lat < bottom.lat {
                let text =
                    format!("The top latitude `{}` is below the bottom latitude `{}`.", top.lat, bottom.lat);
                return Err(bottom_left[1].error(code, &text));
            }
            check(snapshot, &top_right[0], code)?;
            within(snapshot, top, bottom)
        }
        Area::Polygon { first } => Err(first.error(code, &unfilterable(snapshot, "_geojson"))),
    }
}

fn within(snapshot: &Snapshot, top: Point, bottom: Point) -> Result<RoaringBitmap> {
    let (Some(lat), Some(lng)) = (snapshot.fields.id(geo::LAT), snapshot.fields.id(geo::LNG)) else {
        return Ok(RoaringBitmap::new());
    };
    let between =
        |field, from, to| snapshot.numbers_between(field, Bound::Included(from), Bound::Included(to));
    let across = if top.lng < bottom.lng {
        // The box goes across the line where east meets west.
        between(lng, bottom.lng, 180.0)? | between(lng, -180.0, top.lng)?
    } else {
        between(lng, bottom.lng, top.lng)?
    };
    Ok(between(lat, bottom.lat, top.lat)? & across)
}

fn check(snapshot: &Snapshot, at: &Field, code: Code) -> Result<()> {
    if snapshot.settings.is_geo_filtered() {
        return Ok(());
    }
    Err(at.error(code, &unfilterable(snapshot, "_geo/_geojson")))
}

fn point([lat, lng]: &[Field; 2], code: Code) -> Result<Point> {
    let point = Point { lat: number(lat, code)?, lng: number(lng, code)? };
    geo::check_lat(point.lat).map_err(|why| lat.error(code, &why))?;
    geo::check_lng(point.lng).map_err(|why| lng.error(code, &why))?;
    Ok(point)
}

fn number(field: &Field, code: Code) -> Result<f64> {
    let number: f64 = field
        .name
        .parse()
        .map_err(|error: std::num::ParseFloatError| -> ApiError { field.error(code, &error.to_string()) })?;
    if number.is_finite() {
        Ok(number)
    } else {
        Err(field.error(code, "Non finite floats are not supported"))
    }
}
